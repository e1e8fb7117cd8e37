"""«Перезвоните мне»: the number, and when to call if that matters; an operator calls."""

import re
from dataclasses import dataclass

from dialogs.actions import OPERATOR_BUTTON, flow_button
from dialogs.flow import Asking, Done, Failed, FlowTurn, Known, Moment, Step
from dialogs.flows.identification import Identification
from replies import Button, Reply

NAME = "callback"
VERSION = 1

ASK = (
    "На какой номер позвонить? Если важно время, напишите и его, например "
    "«+7 916 123-45-67, после 18»."
)
ASK_NUMBER = "Время записал: {when}. На какой номер позвонить?"
NO_PHONE = (
    "Не похоже на номер телефона: нужны десять цифр после +7 или 8, например «+7 916 123-45-67»."
)
REFUSED = "Хорошо, звонок не заказываем. Чем ещё помочь?"
# Said of a call whose time was not named.
ANY_TIME = "любое"
OWN_PHONE = Button("Мой номер телефона", contact=True, claim=True)

_DIGITS = re.compile(r"(?<!\d)(?:\+?7|8)?[\s(-]*([3489]\d{2})[\s)-]*(\d{3})[\s-]*(\d{2})[\s-]*(\d{2})(?!\d)")  # fmt: skip  # noqa: E501
_NUMBER = re.compile(r"\d(?:[\s()+-]*\d){3,}")
_AROUND = r"(?:после|до|с|со|к|в|во|по|на|через|и|или|не|раньше|позже|между|числа)"
_TIME = (
    r"(?:(?:после)?завтра|сегодня|сейчас|срочно|скорее|утром|утра|вечер(?:ом|ком|а)?|дн[её]м|дня|"
    r"обед\w*|час\w*|полчаса|минут\w*|понедельник\w*|вторник\w*|сред[уаы]|четверг\w*|пятниц\w*|"
    r"суббот\w*|воскресень\w*|выходны\w+|будни\w*|рабоч\w+|люб\w+|врем\w+|"
    r"(?:пят|шест|сем|восьм|девят|десят)(?:и|ь)|двух|тр[её]х|четыр[её]х|\d{1,2}(?:[:.]\d{2})?)"
)
_WHEN = re.compile(
    rf"(?<!\w)(?:{_AROUND}\s+)*{_TIME}(?!\w)(?:[\s,-]+(?:{_AROUND}\s+)*{_TIME}(?!\w))*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class State(Identification):
    """``phone`` as it is shown; ``when`` in the customer's words; ``wrong``: no phone so far."""

    when: str = ""
    wrong: bool = False
    refused: bool = False


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    if turn.choice or turn.phone:
        state.refused = turn.choice == "no"
        state.phone = _shown(turn.phone) if turn.phone else state.phone
        return True
    intent = turn.understanding.intent if turn.understanding else ""
    phone, rest = _phone(turn, asked=bool(state.asked))
    when = _WHEN.search(rest)
    if state.asked and intent == "deny" and not phone and not when:
        state.refused = True
        return True
    state.phone = phone or state.phone
    state.when = when[0].strip() if when else state.when
    state.wrong = not phone and _NUMBER.search(rest) is not None
    return bool(phone or (when and not state.wrong))


def advance(state: State, known: Known, moment: Moment) -> Step:
    if state.refused:
        return Done((Reply(REFUSED, (OPERATOR_BUTTON,)),))
    if state.phone:
        found = {"phone": state.phone, "when": state.when or ANY_TIME}
        return Failed(found, reason="callback")
    text = ASK_NUMBER.format(when=state.when) if state.when else ASK
    state.asked = "phone"
    no = flow_button("Не нужно", NAME, state.run, "no")
    return Asking(Reply(NO_PHONE if state.wrong else text, (OWN_PHONE, no)))


def _phone(turn: FlowTurn, *, asked: bool) -> tuple[str, str]:
    """The phone that the message gives, as it is shown, and the message without it."""
    found = turn.understanding.of("phone") if turn.understanding else ()
    if found:
        one = found[0]
        return _shown(one.value), f"{turn.text[: one.start]};{turn.text[one.end :]}"
    typed = _DIGITS.search(turn.text) if asked else None
    if typed is None:
        return "", turn.text
    rest = f"{turn.text[: typed.start()]};{turn.text[typed.end() :]}"
    return _shown("".join(typed.groups())), rest


def _shown(phone: str) -> str:
    """«+7 916 123-45-67»; a city number without its code stays as it is."""
    digits = re.sub(r"\D", "", phone)[-10:]
    if len(digits) < len("9161234567"):
        return phone
    return f"+7 {digits[:3]} {digits[3:6]}-{digits[6:8]}-{digits[8:]}"
