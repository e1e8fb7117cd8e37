"""The company's profile: ``profiles/<name>/company.yaml``, read and checked at the start."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billing.customers.consents import ConsentText
from billing.models import ConsentKind
from billing.views import ProofSet
from knowledge_base.company.tables import TABLES, Rows
from knowledge_base.company.variables import variables_of
from okno.errors import WrongSetting
from okno.profile_money import BankAccount, Payments

FOLDER = Path(__file__).resolve().parent.parent / "profiles"
# Safe in either form; the one in C is ten times as fast.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(_Strict):
    name: str
    short_name: str
    phone: str
    site: str
    email: str
    cabinet_url: str
    payment_url: str


class Service(_Strict):
    answer_minutes: int = Field(15, ge=1)
    request_days: int = Field(3, ge=1)
    idle_close_hours: int = Field(4, ge=1)
    ask_helpful_hours: int = Field(24, ge=0)


class Acceptance(_Strict):
    """The days of the month on which readings are taken [20], and what happens to one given
    ``outside`` them: it counts for the next month, or is refused."""

    first_day: int = Field(ge=1, le=31)
    last_day: int = Field(ge=1, le=31)
    outside: Literal["next_period", "refuse"] = "next_period"
    first_range_kwh: int | None = Field(None, ge=1)


class MailingsConsent(_Strict):
    version: str = "1"
    text: str = Field(min_length=1)


class PersonalData(_Strict):
    """What is said before an account is looked for: ``notice`` tells, ``consent`` asks. Whoever
    was told an older ``version`` hears the text again."""

    service: Literal["notice", "consent"] = "notice"
    version: str = "1"
    text: str = ""
    # Consent of its own, asked when a customer wants mailings; none: they are not offered.
    mailings: MailingsConsent | None = None
    # What shows that somebody is the holder [14].
    proofs: tuple[ProofSet, ...] = tuple(ProofSet)

    def asked(self) -> ConsentText:
        return ConsentText(ConsentKind(self.service), self.version, self.text)

    def mailings_asked(self) -> ConsentText | None:
        if self.mailings is None:
            return None
        return ConsentText(ConsentKind.CONSENT, self.mailings.version, self.mailings.text)


class Tariff(_Strict):
    """``category``: for whom, where there are several such groups. ``registers``: whose price
    it is, «2.1» for the first register of a two-zone meter."""

    category: str = ""
    name: str
    price: str
    registers: tuple[Annotated[str, Field(pattern=r"^[1-3]\.[1-3]$")], ...] = ()


class Office(_Strict):
    name: str
    address: str
    hours: str
    phone: str
    serves: str = ""


class Phone(_Strict):
    """``code`` names the variable: ``{{ phones.meters }}``."""

    code: str
    title: str
    phone: str


class Thresholds(_Strict):
    answer: float = Field(0.5, ge=0, le=1)
    guess: float = Field(0.2, ge=0, le=1)
    wait_seconds: float = Field(1.5, ge=0, le=10)


class ChannelRule(_Strict):
    """``link``: leads to our bot there, with ``{code}`` where the platform takes a word for it;
    customers of other channels are offered it to go on in this one."""

    personal_data: Literal["full", "public_only", "closed"]
    link: str | None = Field(None, pattern=r"^https://[^\s{}]+\{code\}[^\s{}]*$")


class SupervisorsChat(_Strict):
    """Where supervisors read, in numbers alone, that answers are late; our bot is in it."""

    channel: Literal["telegram", "vk", "max", "ok"]
    chat_id: str = Field(pattern=r"^[-A-Za-z0-9:]{1,64}$")
    every_minutes: int = Field(15, ge=1)


class Retention(_Strict):
    """How long what is kept (152-ФЗ ст. 5 ч. 7); records of contacts at least 6 months [13]."""

    conversations_months: int = Field(36, ge=6)
    technical_days: int = Field(30, ge=1)  # sessions, failed logins, done jobs, quarantine
    events_days: int = Field(14, ge=1)  # for open pages: what a page slept through


Host = Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$")]


class Attachments(_Strict):
    """``hosts``: from where customers' files of a channel are fetched, beside its API's own
    address: «i.example.ru» or «*.example.ru»."""

    hosts: dict[str, tuple[Host, ...]] = Field(default_factory=dict)


class Widget(_Strict):
    """Which sites may show the chat in a frame: sources of the CSP directive."""

    frame_ancestors: tuple[str, ...] = ("'self'",)


class Profile(_Strict):
    company: Company
    time_zone: str
    hours: dict[str, Any]
    hours_closed: dict[str, Any] = Field(default_factory=dict)
    service: Service
    readings: Acceptance
    penalty: dict[str, str]
    reconnection: dict[str, str]
    retention: Retention
    grid: dict[str, str]
    corruption: dict[str, str]
    tariffs: tuple[Tariff, ...]
    payments: Payments
    requisites: BankAccount | None = None
    offices: tuple[Office, ...]
    phones: tuple[Phone, ...] = ()
    understanding: Thresholds
    personal_data: PersonalData = PersonalData()
    channels: dict[str, ChannelRule]
    supervisors_chat: SupervisorsChat | None = None
    attachments: Attachments = Attachments()
    widget: Widget

    def tables(self) -> dict[str, Rows]:
        """What fills the reference tables once; afterwards editors keep them."""
        readings = self.readings
        tariffs = [
            tariff.model_dump() | {"registers": ", ".join(tariff.registers)}
            for tariff in self.tariffs
        ]
        given: dict[str, list[dict[str, str]]] = {
            "tariffs": tariffs,
            "offices": [office.model_dump() for office in self.offices],
            "company": [self.company.model_dump()],
            "phones": [phone.model_dump() for phone in self.phones],
            "grid": [self.grid],
            "readings": [
                {
                    "first_day": str(readings.first_day),
                    "last_day": str(readings.last_day),
                    "outside": readings.outside,
                }
            ],
            "penalty": [self.penalty],
            "reconnection": [self.reconnection],
            "payments": [{"name": name} for name in self.payments.without_fee],
            "corruption": [self.corruption],
        }
        return {key: TABLES[key].tidied(rows) for key, rows in given.items()}

    def terms(self, hours_text: str) -> dict[str, Any]:
        """What articles may name beside the tables."""
        return {"service": self.service.model_dump(), "hours": {"text": hours_text}}

    def variables(self, hours_text: str) -> dict[str, Any]:
        """What articles may name where no table was edited yet."""
        return variables_of(self.tables()) | self.terms(hours_text)


def load(name: str) -> Profile:
    """Raises WrongSetting when the profile is missing or wrong."""
    path = FOLDER / name / "company.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.parent.name for p in FOLDER.glob("*/company.yaml")))
        raise WrongSetting(f"OKNO_PROFILE: no profile {name!r}; there are: {known}")
    try:
        profile = Profile.model_validate(yaml.load(path.read_text("utf-8"), _Loader))  # noqa: S506
    except yaml.YAMLError as error:
        raise WrongSetting(f"profiles/{name}/company.yaml: {error}".replace("\n", " ")) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WrongSetting(f"profiles/{name}/company.yaml: {place}: {first['msg']}") from error
    for key, rows in profile.tables().items():
        for problem in TABLES[key].find_problems(rows):
            raise WrongSetting(f"profiles/{name}/company.yaml: {key}: {problem.message}")
    return profile
