"""«Мои счета»: names for them («дача»), the default, detaching [16]."""

import re
from dataclasses import dataclass

from billing.customers.own_accounts import Change, tidy_name
from billing.views import LinkedAccount
from dialogs.actions import MENU_BUTTON, begin_button, flow_button, intent_button
from dialogs.flow import Asking, ChangeAccount, Done, FlowTurn, Known, LinkedAccounts, Moment, Step
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from replies import Button, Reply, escape

NAME = "accounts"
VERSION = 1

MOST_SHOWN = 10
_DETACH = re.compile(r"\b(?:отвяж|отвяз|откреп|удал|убер|убрат)")
_DEFAULT = re.compile(r"\b(?:основн|по умолчанию|главн|переключ|сделай)")
_RENAME = re.compile(r"\b(?:назов|назва|переимен)")
_NEW_NAME = re.compile(
    r"(?:назов\w*|назва\w*|переимен\w*)\s+"
    r"(?:(?:этот|его|мой|счет|счёт|лицевой|лс|в|как|…?\.*\d{4,14})\s+)*(?P<name>.+)",
    re.IGNORECASE,
)
ASK_NAME = "Как назвать {account}? Например: «дача» или «мамина квартира»."
BAD_NAME = (
    "Такое название не подойдёт: нужно до 30 букв и цифр, без длинных чисел, и не такое, как у "
    "другого Вашего счёта. Напишите другое."
)
NONE = "Лицевых счетов пока не привязано."


@dataclass(slots=True)
class State(Identification):
    """``what`` is to be done (``Change``), ``new_name`` the name given, ``sure`` to detach."""

    what: str = ""
    new_name: str = ""
    sure: bool = False


def start(run: str) -> State:
    return State(run=run, flow=NAME, choose=True)


def absorb(state: State, turn: FlowTurn) -> bool:
    if turn.choice:
        return _choose(state, turn.choice) or identification.absorb(state, turn)
    plain = turn.text.casefold().replace("ё", "е")
    intent = turn.understanding.intent if turn.understanding else ""
    if state.asked == "sure" and intent in {"affirm", "deny"}:
        return _choose(state, "sure" if intent == "affirm" else "back")
    if state.asked == "new_name":
        state.new_name = turn.text
        return True
    if _DETACH.search(plain):
        state.what = Change.DETACH
    elif _RENAME.search(plain):
        state.what = Change.RENAME
        given = _NEW_NAME.search(turn.text)
        state.new_name = given["name"] if given and tidy_name(given["name"]) else ""
    elif _DEFAULT.search(plain):
        state.what = Change.DEFAULT
    return identification.absorb(state, turn) or bool(state.what)


def _choose(state: State, choice: str) -> bool:
    match choice:
        case Change.RENAME | Change.DEFAULT | Change.DETACH:
            state.what = choice
        case "sure":
            state.sure = True
        case "back":
            state.what, state.account_id, state.said = "", None, ""
        case _:
            return False
    return True


def advance(state: State, known: Known, moment: Moment) -> Step:
    if LinkedAccounts() not in known:
        return LinkedAccounts()
    linked: tuple[LinkedAccount, ...] = known[LinkedAccounts()]
    if not linked:
        return Done((Reply(NONE, (_ATTACH, MENU_BUTTON)),))
    account = _account(state, linked)
    if account is None:
        return _list(state, linked)
    if not state.what:
        return _menu(state, account, single=len(linked) == 1)
    match Change(state.what):
        case Change.RENAME if not state.new_name:
            state.account_id, state.asked = account.account_id, "new_name"
            return Asking(Reply(ASK_NAME.format(account=_name(account)), (MENU_BUTTON,)))
        case Change.DETACH if not state.sure:
            state.account_id, state.asked = account.account_id, "sure"
            buttons = (_button(state, "Да, отвязать", "sure"), _button(state, "Нет", "back"))
            return Asking(Reply(f"Отвязать {_name(account)}?", buttons))
        case what:
            return _done(state, account, what, known)


def _account(state: State, linked: tuple[LinkedAccount, ...]) -> LinkedAccount | None:
    for account in linked:
        if account.account_id == state.account_id or account.number == state.number:
            return account
    # «Назови …5678 дача»: what follows the verb is the new name, not an account's.
    said = state.said.replace(state.new_name, "") if state.new_name else state.said
    named = identification.mentioned(linked, said, bare=True)
    return named or (linked[0] if len(linked) == 1 else None)


def _list(state: State, linked: tuple[LinkedAccount, ...]) -> Asking:
    state.asked = "account"
    lines = [f"- {_line(account)}" for account in linked[:MOST_SHOWN]]
    buttons = [
        _button(state, account.nickname or f"Счёт {account.masked_number}",
                f"account-{account.account_id}")
        for account in linked[:MOST_SHOWN]
    ]  # fmt: skip
    question = "\n\nКакой отвязать?" if state.what == Change.DETACH else "\n\nВыберите счёт."
    text = "Ваши счета:\n\n" + "\n".join(lines) + question
    return Asking(Reply(text, (*buttons, _ATTACH, MENU_BUTTON)))


def _line(account: LinkedAccount) -> str:
    default = ", основной" if account.is_default else ""
    return f"**{_name(account)}**{default}: {escape(account.holder)}, {escape(account.address)}"


def _menu(state: State, account: LinkedAccount, *, single: bool) -> Asking:
    state.account_id, state.asked = account.account_id, "what"
    buttons = [_button(state, "Назвать", Change.RENAME), _button(state, "Отвязать", Change.DETACH)]
    if not account.is_default:
        buttons.insert(0, _button(state, "Сделать основным", Change.DEFAULT))
    if single:
        buttons.append(_ATTACH)
    return Asking(Reply(f"{_line(account)}.\n\nЧто сделать?", (*buttons, MENU_BUTTON)))


def _done(state: State, account: LinkedAccount, what: Change, known: Known) -> Step:
    change = ChangeAccount(account.account_id, what.value, state.new_name)
    if change not in known:
        return change
    name = tidy_name(state.new_name) or ""
    if not known[change]:
        state.account_id, state.new_name, state.asked = account.account_id, "", "new_name"
        return Asking(Reply(BAD_NAME, (MENU_BUTTON,)))
    again = begin_button("Мои счета", NAME, "back")
    match what:
        case Change.RENAME:
            text = (
                f"Счёт {account.masked_number} теперь «{escape(name)}». Можно писать, например: "
                f"«показания {escape(name.lower())} 12345»."
            )
        case Change.DEFAULT:
            text = f"Основной теперь {_name(account)}: о нём отвечаю, если счёт не назван."
        case Change.DETACH:
            text = f"Готово: {_name(account)} отвязан. Привязать снова можно в любой момент."
    return Done((Reply(text, (again, MENU_BUTTON)),))


def _name(account: LinkedAccount) -> str:
    if account.nickname:
        return f"счёт «{escape(account.nickname)}» {account.masked_number}"
    return f"счёт {account.masked_number}"


_ATTACH = intent_button("Привязать ещё счёт", "link_account")


def _button(state: State, label: str, choice: str) -> Button:
    return flow_button(label, NAME, state.run, choice)
