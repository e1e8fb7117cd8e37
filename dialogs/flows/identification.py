"""Whose account is it: a part of every flow that speaks of an account [14].

The default set of proofs: the account's number and its holder's name. The answer to a wrong
number and to a wrong name is the same, so that nobody can find out which accounts exist.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from billing.identity import mask_number, normalise_number
from billing.views import LinkedAccount, LinkOutcome
from dialogs.actions import OPERATOR_BUTTON, flow_button
from dialogs.flow import Asking, Failed, FlowTurn, Identify, Known, LinkedAccounts, Query
from nlu import morphology
from replies import Button, Reply

MAX_FAILURES = 3
MAX_NAME_WORDS = 3

# Words that stand beside a number or a name and are neither.
_NO_NAMES = {"лс", "лицевой", "счет", "счёт", "счета", "счёта", "номер", "мой", "на", "по",
             "владелец", "фамилия", "оформлен", "оформлена", "это", "вот"}  # fmt: skip

ASK_NUMBER = "Напишите номер лицевого счёта: он вверху квитанции. Можно сразу с фамилией владельца."
ASK_NAME = "На кого оформлен счёт {number}? Напишите фамилию владельца."
WRONG = (
    "Номер счёта и фамилия не подошли друг к другу. Проверьте, пожалуйста, по квитанции "
    "и напишите ещё раз номер и фамилию, например «440012345678 Иванова»."
)
CHOOSE = "О каком счёте речь?"


@dataclass(slots=True)
class Identification:
    """``asked``: what the last question was about (number, name, account or nothing)."""

    run: str
    flow: str
    account_id: int | None = None
    number: str | None = None
    name: str | None = None
    failures: int = 0
    asked: str = ""


def absorb(slots: Identification, turn: FlowTurn) -> bool:
    """Take the number and the name that the message gives; whether there was any."""
    if turn.choice.startswith("account-"):
        slots.account_id = int(turn.choice.removeprefix("account-"))
        return True
    found = False
    numbers = turn.understanding.of("account_number") if turn.understanding else ()
    typed = numbers[0].value if numbers else _typed_number(turn.text, slots.asked)
    if typed and slots.account_id is None:
        slots.number = typed
        found = True
    persons = turn.understanding.of("person") if turn.understanding else ()
    name = persons[0].value if persons else _typed_name(turn.text, slots.asked)
    if not name and numbers and turn.understanding:
        name = _beside(turn.understanding.text, numbers[0].start, numbers[0].end)
    if name and slots.account_id is None:
        slots.name = name
        found = True
    return found


def resolve(slots: Identification, known: Known) -> int | Query | Asking | Failed:
    """The account's id, or what has to happen first."""
    if LinkedAccounts() not in known:
        return LinkedAccounts()
    linked: Sequence[LinkedAccount] = known[LinkedAccounts()]
    if slots.account_id is not None:
        if any(account.account_id == slots.account_id for account in linked):
            return slots.account_id
        slots.account_id = None
    if slots.number is None and linked:
        if len(linked) == 1:
            return linked[0].account_id
        slots.asked = "account"
        return Asking(Reply(CHOOSE, tuple(_choice(slots, account) for account in linked)))
    if slots.number is None:
        slots.asked = "number"
        return Asking(Reply(ASK_NUMBER, (OPERATOR_BUTTON,)))
    for account in linked:
        if account.number == slots.number:
            return account.account_id
    if slots.name is None:
        slots.asked = "name"
        return Asking(Reply(ASK_NAME.format(number=mask_number(slots.number))))
    query = Identify(slots.number, slots.name)
    if query not in known:
        return query
    identified: LinkOutcome = known[query]
    if identified.account is not None:
        return identified.account.account_id
    slots.failures += 1
    slots.number = slots.name = None
    if identified.blocked or slots.failures >= MAX_FAILURES:
        return Failed({"identification": "номер счёта и владелец не подошли"})
    slots.asked = "number"
    return Asking(Reply(WRONG, (OPERATOR_BUTTON,)))


def _beside(text: str, start: int, end: int) -> str | None:
    """«лс 440012345678 иванова показания 100»: a surname next to the number, in small letters."""
    before = re.search(r"([А-Яа-яЁё-]{3,})[\s,:]*$", text[:start])
    after = re.match(r"[\s,:]*([А-Яа-яЁё-]{3,})", text[end:])
    for match in (after, before):
        if match and match[1].casefold() not in _NO_NAMES:
            word = match[1].casefold().replace("ё", "е")
            if "Surn" in morphology.name_parts(word):
                return match[1]
    return None


def _choice(slots: Identification, account: LinkedAccount) -> Button:
    label = account.nickname or f"Счёт {account.masked_number}"
    return flow_button(label, slots.flow, slots.run, f"account-{account.account_id}")


def _typed_number(text: str, asked: str) -> str | None:
    """The digits of an answer to «напишите номер», however they are grouped."""
    if asked not in {"number", "name"}:
        return None
    match = re.search(r"\d[\d\s-]{4,}\d", text)
    number = normalise_number(match[0]) if match else None
    return number if number and (asked == "number" or len(number) >= 9) else None


def _typed_name(text: str, asked: str) -> str | None:
    if asked not in {"number", "name"}:
        return None
    words = [word for word in re.findall(r"[А-Яа-яЁёA-Za-z-]{2,}", text)
             if word.casefold() not in _NO_NAMES]  # fmt: skip
    if asked == "number" and (len(words) > MAX_NAME_WORDS or not re.search(r"\d", text)):
        return None  # «440012345678 иванова» holds a name, «где его взять» does not
    return " ".join(words[:MAX_NAME_WORDS]) or None
