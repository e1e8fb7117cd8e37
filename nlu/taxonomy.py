"""Names of everything that understanding can find: intents, topics and entities.

Training data, dialogs, the knowledge base and reports all use these names. An intent of the form
``faq/<topic>`` is answered by the article whose front matter carries the same ``topic``.
"""

from typing import Final

FAQ_PREFIX: Final = "faq/"

SERVICE: Final[tuple[str, ...]] = (
    "submit_reading",
    "reading_history",
    "balance",
    "charges",
    "payment_history",
    "payment_status",
    "pay",
    "receipt",
    "link_account",
    "my_accounts",
    "operator",
    "callback",
    "appointment",
    "complaint",
    "feedback",
    "request_status",
    "notifications",
    "power_outage",
    "planned_outage",
    "danger",
)

TOPICS: Final[tuple[str, ...]] = (
    "reading_deadline",
    "no_reading_calculation",
    "reading_rejected",
    "reading_channels",
    "tariffs",
    "benefits",
    "payment_methods",
    "penalty",
    "debt_disconnection",
    "installment",
    "debt_certificate",
    "recalculation",
    "common_house_needs",
    "owner_change",
    "contract",
    "contract_business",
    "meter_replacement",
    "meter_verification",
    "meter_fault",
    "smart_meter",
    "multi_tariff",
    "grid_connection",
    "power_quality",
    "offices",
    "personal_cabinet",
    "e_bill",
    "account_number",
    "personal_data",
    "service_standard",
    "extra_services",
    "microgeneration",
    "energy_saving",
    "corruption",
)

FAQ: Final[tuple[str, ...]] = tuple(FAQ_PREFIX + topic for topic in TOPICS)

DANGER: Final = "danger"
OUT_OF_SCOPE: Final = "out_of_scope"

TALK: Final[tuple[str, ...]] = (
    "greet",
    "goodbye",
    "thanks",
    "affirm",
    "deny",
    "cancel",
    "help",
    "bot_challenge",
    "abuse",
    OUT_OF_SCOPE,
)

INTENTS: Final[tuple[str, ...]] = SERVICE + FAQ + TALK

ENTITIES: Final[tuple[str, ...]] = (
    "account_number",
    "reading",
    "meter_number",
    "amount",
    "date",
    "phone",
    "person",
    "address",
    "request_number",
)

# A lone reading carries no role in `Entity`; "single" is how data files may spell the same thing.
READING_ROLES: Final[tuple[str, ...]] = ("single", "day", "night", "half_peak")


def is_faq(intent: str) -> bool:
    """Whether the intent is answered from the knowledge base."""
    return intent.startswith(FAQ_PREFIX)


def topic_of(intent: str) -> str:
    """``"penalty"`` for ``"faq/penalty"``; any other intent is returned as it is."""
    return intent.removeprefix(FAQ_PREFIX)


def group_of(intent: str) -> str:
    """``"service"``, ``"faq"``, ``"talk"``, or ``"other"`` for a label from a foreign data file."""
    if is_faq(intent):
        return "faq"
    if intent in SERVICE:
        return "service"
    if intent in TALK:
        return "talk"
    return "other"
