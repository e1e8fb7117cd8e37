"""Whether words in the middle of a flow belong to it. No I/O."""

from dialogs.flows import accounts, link
from dialogs.state import INTENT_FLOWS, Flow
from nlu import Understanding

# Said in the middle of a flow: a word about it, and the flow's question again. No miss.
ASIDES = {"greet", "thanks", "goodbye", "bot_challenge", "abuse"}
_ASIDE = 0.9


# Asked for these, «2» may be the answer itself; elsewhere it is the second of the choices, as who
# sees no buttons has to write it. No account, phone or ИНН is as short.
_TAKE_NUMBERS = {"", "value", "zone", "unfit", "sum", "paid_on"}


def may_be_value(text: str, asked: str) -> bool:
    """Whether a bare number answers what was ``asked`` rather than names a choice."""
    return text.strip().isdigit() and asked in _TAKE_NUMBERS


def gives_number(found: Understanding, asked: str) -> bool:
    """«Договор 440050005000» answers the question about the number, whatever it resembles."""
    return asked == "number" and bool(found.of("account_number"))


def is_clear_aside(found: Understanding) -> bool:
    """Neither a detail nor a surname that resembles a greeting."""
    details = bool(found.entities) or any(character.isdigit() for character in found.text)
    return found.intent in ASIDES and found.confidence >= _ASIDE and not details


def moves_on(intent: str, flow: Flow, asked: str) -> bool:
    """Whether the customer wants something else. «Привяжите счёт …» answers «какой счёт?», so
    does «по даче»; and any words can be a name for an account."""
    wanted = INTENT_FLOWS.get(intent, flow.name)
    if asked == "new_name" or (asked == "account" and wanted == accounts.NAME):
        return False
    return wanted not in {flow.name, link.NAME}
