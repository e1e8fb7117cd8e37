"""Whose account is it: a part of every flow that speaks of an account [14].

Proofs: the account's number or address and the holder's name, or the number and a phone that the
messenger has proved. The answer to a wrong number and to a wrong proof is the same, so that
nobody can find out which accounts exist.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from billing.customers.consents import Standing
from billing.customers.identity import fold, is_inn, mask_number, normalise_number, same_word
from billing.models import ConsentKind
from billing.views import LinkedAccount, LinkOutcome, ProofSet
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, begin_button, flow_button
from dialogs.flow import (
    Asking,
    ClaimOrganisation,
    ConsentAsked,
    Done,
    Failed,
    FlowTurn,
    GiveConsent,
    Identify,
    IdentifyByAddress,
    IdentifyByPhone,
    Known,
    LinkedAccounts,
    Query,
)
from dialogs.flows.lost import ADDRESS_INSTEAD, NAME_HELP, NUMBER_HELP, WITHOUT_NUMBER, is_lost
from dialogs.flows.names import name_beside, surname_alone, typed_name
from dialogs.flows.organisations import contract_in, inn_in, speaks_of_organisation
from replies import Button, Reply

MAX_FAILURES = 3

ASK_NUMBER = "Напишите номер лицевого счёта: он вверху квитанции. Можно сразу с фамилией владельца."
# Said with the first question: a customer who was taken wrong sees it before he looks for a number.
UNDERSTOOD = {
    "balance": "Скажу, сколько к оплате.",
    "charges": "Расскажу о Ваших начислениях.",
    "history": "Покажу Ваши показания.",
    "pay": "Подготовлю оплату.",
    "payment_history": "Покажу Ваши платежи.",
    "payment_status": "Посмотрю, поступил ли платёж.",
    "penalty": "Объясню пени по Вашему счёту.",
    "reading": "Приму показания.",
    "receipt": "Пришлю квитанцию.",
}
OR_ADDRESS = " Номера нет под рукой? Подойдут адрес и ФИО владельца."
NO_ACCOUNT_BUT_PHONE = (
    "Это похоже на номер телефона, а нужен номер лицевого счёта: он вверху квитанции, "
    "например «100200300400»."
)
ASK_CONTRACT = "Напишите, пожалуйста, номер договора организации и её ИНН."
ASK_INN = "Напишите, пожалуйста, ИНН: 10 цифр, у предпринимателя 12."
BAD_INN = "В этом ИНН, похоже, опечатка. Проверьте, пожалуйста, и напишите ещё раз."
ASK_NAME = "На кого оформлен счёт {number}? Напишите фамилию владельца."
ASK_FULL_NAME = "Напишите, пожалуйста, фамилию и имя владельца: на кого оформлен счёт по адресу."
WRONG = (
    "Номер счёта и фамилия не подошли друг к другу. Проверьте, пожалуйста, по квитанции "
    "и напишите ещё раз номер и фамилию, например «100200300400 Фамилия»."
)
WRONG_PHONE = (
    "Номер счёта и телефон не подошли друг к другу. Напишите, пожалуйста, фамилию владельца "
    "счёта {number} или другой номер счёта."
)
WRONG_ADDRESS = (
    "Адрес и имя владельца не подошли друг к другу. Проверьте, пожалуйста, по квитанции и напишите "
    "ещё раз улицу, дом, квартиру, имя и фамилию или номер лицевого счёта."
)
CHOOSE = "О каком счёте речь?"
TWO_NUMBERS = "В сообщении два номера счёта. О каком речь?"
DECLINED = (
    "Хорошо. Без согласия по лицевому счёту ничего не подскажу, а на общие вопросы отвечу: "
    "тарифы, сроки, адреса, как оплатить."
)
AGREE, DISAGREE = "Согласен", "Не согласен"
PHONE_BUTTON = Button("Подтвердить телефоном", contact=True)
_GROUPS = re.compile(r"(?<![\d+])\d{3,4}(?:[ \u00a0-]+\d{3,4}){2,3}(?!\d)")


@dataclass(slots=True)
class Identification:
    """``asked``: what the last question was about (number, name, account, consent or nothing).

    ``said``: the customer's last words, in which he may name an account of his («по даче»).
    ``choose``: several attached accounts are asked between; otherwise the default one is meant.
    ``fresh``: an account is wanted that is not attached yet. ``organisation``: of one, not of a
    person; ``inn`` as it was typed. ``lost``: he has just said that he lacks what was asked.
    ``refused_number``: named with a wrong proof; a surname alone is another proof of it.
    """

    run: str
    flow: str
    account_id: int | None = None
    number: str | None = None
    name: str | None = None
    address: str | None = None
    phone: str | None = None
    inn: str | None = None
    organisation: bool = False
    numbers: list[str] = field(default_factory=list)
    said: str = ""
    choose: bool = False
    fresh: bool = False
    agreed: bool = False
    declined: bool = False
    noticed: bool = False
    lost: bool = False
    refused_number: str = ""
    failures: int = 0
    asked: str = ""


def absorb(slots: Identification, turn: FlowTurn) -> bool:
    """Take what the message gives: number, name, address, phone; whether there was any."""
    if turn.choice:
        return _choose(slots, turn.choice)
    if turn.phone:
        slots.phone = turn.phone
        return True
    slots.said = turn.text or slots.said
    slots.lost = slots.asked in {"number", "name"} and is_lost(turn.text)
    if slots.account_id is not None:
        return False
    intent = turn.understanding.intent if turn.understanding else ""
    if slots.asked == "consent" and intent in {"affirm", "deny"}:
        return _choose(slots, "agree" if intent == "affirm" else "disagree")
    before = slots.number, slots.inn, slots.organisation
    if _absorb_organisation(slots, turn):
        if slots.number == before[0]:
            _absorb_number(slots, turn)
        return _absorb_person_after_all(slots, turn) or before != (
            slots.number, slots.inn, slots.organisation,
        )  # fmt: skip
    named = slots.number != before[0]
    return any([named or _absorb_number(slots, turn), _absorb_holder(slots, turn)])


def _absorb_organisation(slots: Identification, turn: FlowTurn) -> bool:
    inn = inn_in(turn.text, asked=slots.asked == "inn")
    if inn is not None:
        slots.inn = inn
    elif slots.flow != "reading" and speaks_of_organisation(turn.text):
        slots.organisation = True
    whole = normalise_number(turn.text) if slots.asked == "number" else None
    contract = whole if whole and not whole.isdigit() else contract_in(turn.text)
    if contract is not None and (_of_organisation(slots, contract) or not contract.isdigit()):
        slots.number = contract
    return _of_organisation(slots, slots.number)


def _absorb_person_after_all(slots: Identification, turn: FlowTurn) -> bool:
    """«ООО» may have been about us: a person's name for a number of digits settles it."""
    digits = slots.number is not None and slots.number.isdigit()
    if slots.inn is not None or not digits or speaks_of_organisation(turn.text):
        return False
    if contract_in(turn.text) is not None:
        return False
    if not _absorb_holder(slots, turn) or slots.name is None:
        return False
    slots.organisation = False
    return True


def _of_organisation(slots: Identification, number: str | None) -> bool:
    """A person's account has a number of digits; a reading is taken by any number."""
    letters = slots.flow != "reading" and any(one.isalpha() for one in number or "")
    return slots.inn is not None or slots.organisation or letters


def _absorb_number(slots: Identification, turn: FlowTurn) -> bool:
    if slots.inn is not None and slots.number is not None:
        return False
    found = turn.understanding.of("account_number") if turn.understanding else ()
    numbers = list(dict.fromkeys(one.value for one in found if one.value != slots.inn))
    if len(numbers) > 1:
        slots.numbers = numbers[:4]
        return True
    typed = (
        numbers[0] if numbers else _typed_number(turn.text, slots.asked) or _grouped(slots, turn)
    )
    if typed and not _is_phone(turn):
        slots.number, slots.numbers = typed, []
        return True
    if slots.asked == "number" and _is_phone(turn):
        slots.asked = "phone_given"
        return True
    return False


def _absorb_holder(slots: Identification, turn: FlowTurn) -> bool:
    understood = turn.understanding
    addresses = understood.of("address") if understood else ()
    if addresses and slots.number is None and re.search(r"\d", addresses[0].value):
        # «ул. Светлая, 12, кв. 45» may be found in two pieces.
        slots.address = " ".join(one.value for one in addresses)
    persons = understood.of("person") if understood else ()
    numbers = understood.of("account_number") if understood else ()
    asked = "name" if slots.asked == "inn" else slots.asked
    typed = None if slots.lost else typed_name(turn.text, asked)
    name = persons[0].value if persons else typed
    if slots.asked == "number" and slots.refused_number and not (slots.number or addresses):
        # «Нет, Иванова» after a wrong surname: of the number that was named with it.
        name = name or surname_alone(turn.text)
        slots.number = slots.refused_number if name else None
    if not name and numbers and understood:
        name = name_beside(understood.text, numbers[0].start, numbers[0].end)
    if name:
        slots.name = name
    return bool(name or addresses)


def _choose(slots: Identification, choice: str) -> bool:
    match choice.partition("-"):
        case ("account", _, account_id):
            slots.account_id = int(account_id)
        case ("number", _, number):
            slots.number, slots.numbers = number, []
        case ("agree", _, _):
            slots.agreed = True
        case ("disagree", _, _):
            slots.declined = True
        case ("other", _, _):
            # Not the one that was spoken of: neither chosen nor named any more.
            slots.choose, slots.said, slots.number = True, "", None
        case _:
            return False
    return True


def resolve(slots: Identification, known: Known) -> int | Query | Asking | Done | Failed:
    """The account's id, or what has to happen first."""
    if LinkedAccounts() not in known:
        return LinkedAccounts()
    linked: Sequence[LinkedAccount] = known[LinkedAccounts()]
    attached = _attached(slots, linked)
    consent = _consent(slots, known)
    if consent is not None:
        return consent
    if attached is not None:
        return attached
    if slots.numbers:
        slots.asked = "number"
        buttons = (_button(slots, f"Счёт {mask_number(n)}", f"number-{n}") for n in slots.numbers)
        return Asking(Reply(TWO_NUMBERS, tuple(buttons)))
    if slots.number is None and slots.address is None and linked and not slots.fresh:
        return _among(slots, linked)
    if _of_organisation(slots, slots.number):
        return _organisation(slots, known)
    return _prove(slots, known)


def _attached(slots: Identification, linked: Sequence[LinkedAccount]) -> int | None:
    """The attached account that was chosen or whose number was named."""
    for account in linked:
        if account.account_id == slots.account_id:
            return account.account_id
    slots.account_id = None
    if slots.numbers:
        return None
    return next((one.account_id for one in linked if one.number == slots.number), None)


def _among(slots: Identification, linked: Sequence[LinkedAccount]) -> int | Asking:
    """Which of the attached accounts is meant."""
    named = mentioned(linked, slots.said, bare=slots.asked == "account")
    if named is not None:
        return named.account_id
    if len(linked) == 1 or not slots.choose:
        return linked[0].account_id  # the default comes first
    slots.asked = "account"
    return Asking(Reply(CHOOSE, tuple(_choice(slots, account) for account in linked)))


def mentioned(
    linked: Sequence[LinkedAccount], said: str, *, bare: bool = False
) -> LinkedAccount | None:
    """The attached account that the words name: by its name, or by its last four digits where
    a ``bare`` number can be nothing else."""
    words = re.findall(r"\w+", fold(said))
    for account in linked:
        parts = re.findall(r"\w+", fold(account.nickname or ""))
        if parts and all(any(same_word(word, part) for word in words) for part in parts):
            return account
        marked = re.search(rf"(?:…|\.\.\.|сч[её]т\w*\s*){account.number[-4:]}(?!\d)", said, re.I)
        if marked or (bare and account.number[-4:] in words):
            return account
    return None


def _organisation(slots: Identification, known: Known) -> Query | Asking | Failed:
    """An operator compares contract and ИНН; until then only public answers [14]."""
    if slots.number is None:
        slots.asked = "number"
        return Asking(Reply(_with_notice(slots, known, ASK_CONTRACT), (OPERATOR_BUTTON,)))
    if slots.inn is None or not is_inn(slots.inn):
        text = BAD_INN if slots.inn else ASK_INN
        slots.inn, slots.organisation, slots.asked = None, True, "inn"
        return Asking(Reply(_with_notice(slots, known, text), (OPERATOR_BUTTON,)))
    claim = ClaimOrganisation(slots.number, slots.inn, slots.noticed)
    if claim not in known:
        return claim
    return Failed({"договор": slots.number, "ИНН": slots.inn}, reason="organisation")


def _consent(slots: Identification, known: Known) -> Query | Asking | Done | None:
    """What the customer is told or asked before his account is looked for, or spoken of where
    it was attached under another version of the text."""
    if ConsentAsked() not in known:
        return ConsentAsked()
    standing: Standing = known[ConsentAsked()]
    if standing.kind is ConsentKind.NOTICE or standing.given:
        return None
    if slots.declined:
        return Done((Reply(DECLINED, (MENU_BUTTON,)),), ok=False)
    if not slots.agreed:
        slots.asked = "consent"
        return Asking(Reply(standing.text, consent_buttons(slots)))
    return GiveConsent() if GiveConsent() not in known else None


def _prove(slots: Identification, known: Known) -> int | Query | Asking | Failed:
    proofs = known[ConsentAsked()].proofs
    if slots.number is None and slots.address is None:
        text = NO_ACCOUNT_BUT_PHONE if slots.asked == "phone_given" else ASK_NUMBER
        if slots.asked in {"", "consent"} and slots.flow in UNDERSTOOD:
            text = f"{UNDERSTOOD[slots.flow]} {text}"
        if slots.lost:
            instead = ADDRESS_INSTEAD if ProofSet.ADDRESS_AND_NAME in proofs else WITHOUT_NUMBER
            text = NUMBER_HELP + instead
        elif ProofSet.ADDRESS_AND_NAME in proofs:
            text += OR_ADDRESS
        slots.asked = "number"
        return Asking(Reply(_with_notice(slots, known, text), (OPERATOR_BUTTON,)))
    query = _proof(slots)
    if query is None:
        slots.asked = "name"
        if slots.number is None:
            return Asking(Reply(_with_notice(slots, known, ASK_FULL_NAME), (OPERATOR_BUTTON,)))
        text = (NAME_HELP if slots.lost else ASK_NAME).format(number=mask_number(slots.number))
        buttons = (*phone_button(known), OPERATOR_BUTTON)
        return Asking(Reply(_with_notice(slots, known, text), buttons))
    if query not in known:
        return query
    identified: LinkOutcome = known[query]
    if identified.account is not None:
        return identified.account.account_id
    return _failed(slots, query, blocked=identified.blocked)


def other_account(flow: str, known: Known) -> tuple[Button, ...]:
    """Under an answer about one account, where the customer has several: the same of another."""
    several = len(known[LinkedAccounts()]) > 1
    return (begin_button("Другой счёт", flow, "other"),) if several else ()


def phone_button(known: Known) -> tuple[Button, ...]:
    """Where a proved phone counts; it is shown only in channels that prove it."""
    return (PHONE_BUTTON,) if ProofSet.NUMBER_AND_PHONE in known[ConsentAsked()].proofs else ()


def _proof(slots: Identification) -> Identify | IdentifyByPhone | IdentifyByAddress | None:
    if slots.number is not None and slots.name is not None:
        return Identify(slots.number, slots.name, slots.noticed)
    if slots.number is not None and slots.phone is not None:
        return IdentifyByPhone(slots.number, slots.phone, slots.noticed)
    if slots.number is None and slots.address is not None and slots.name is not None:
        return IdentifyByAddress(slots.address, slots.name, slots.noticed)
    return None


def _failed(slots: Identification, query: Query, *, blocked: bool) -> Asking | Failed:
    slots.failures += 1
    number = slots.number
    slots.name = slots.phone = slots.address = None
    if blocked or slots.failures >= MAX_FAILURES:
        slots.number = None
        return Failed({"identification": "номер счёта и владелец не подошли"})
    if isinstance(query, IdentifyByPhone) and number is not None:
        slots.asked = "name"
        return Asking(Reply(WRONG_PHONE.format(number=mask_number(number)), (OPERATOR_BUTTON,)))
    slots.number, slots.asked, slots.refused_number = None, "number", number or ""
    wrong = WRONG_ADDRESS if isinstance(query, IdentifyByAddress) else WRONG
    return Asking(Reply(wrong, (OPERATOR_BUTTON,)))


def _with_notice(slots: Identification, known: Known, text: str) -> str:
    """The first question tells what the data are used for."""
    standing: Standing = known[ConsentAsked()]
    if slots.noticed or standing.given or standing.kind is not ConsentKind.NOTICE:
        return text
    slots.noticed = bool(standing.text)
    return f"{text}\n\n{standing.text}" if standing.text else text


def _choice(slots: Identification, account: LinkedAccount) -> Button:
    label = account.nickname or f"Счёт {account.masked_number}"
    return _button(slots, label, f"account-{account.account_id}")


def consent_buttons(slots: Identification) -> tuple[Button, Button]:
    return _button(slots, AGREE, "agree"), _button(slots, DISAGREE, "disagree")


def _button(slots: Identification, label: str, choice: str) -> Button:
    return flow_button(label, slots.flow, slots.run, choice)


def _grouped(slots: Identification, turn: FlowTurn) -> str | None:
    """«4400-1234 5678» unasked: groups like these are an account where no readings are given."""
    if slots.flow == "reading":
        return None
    match = _GROUPS.search(turn.text)
    return normalise_number(match[0]) if match else None


def _is_phone(turn: FlowTurn) -> bool:
    understood = turn.understanding
    return bool(understood and understood.of("phone") and not understood.of("account_number"))


def _typed_number(text: str, asked: str) -> str | None:
    """The digits of an answer to «напишите номер», however they are grouped."""
    if asked not in {"number", "name", "phone_given"}:
        return None
    match = re.search(r"\d[\d\s-]{4,}\d", text)
    number = normalise_number(match[0]) if match else None
    return number if number and (asked != "name" or len(number) >= 9) else None
