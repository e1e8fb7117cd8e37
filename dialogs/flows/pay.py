"""«Хочу оплатить»: the sum, then a QR code, a link and the ways without commission [22]."""

from dataclasses import dataclass, replace
from urllib.parse import quote

from billing.money import roubles
from billing.payments.balance import Balance as Facts
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, flow_button, intent_button
from dialogs.flow import AccountFacts, Asking, Balance, Done, FlowTurn, Known, Moment, Step
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from dialogs.flows.money_words import day, named
from dialogs.flows.sums import sum_of
from dialogs.money import MoneyRules, PaymentPicture
from replies import Button, File, Reply

NAME = "pay"
VERSION = 1

SMALLEST = 100  # kopecks


@dataclass(slots=True)
class State(Identification):
    """``kopecks`` is the sum he wants to pay."""

    kopecks: int | None = None


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    if turn.choice.startswith("sum-"):
        state.kopecks = int(turn.choice.removeprefix("sum-"))
        return True
    if turn.choice == "another-sum":
        state.asked = "sum"
        return True
    intent = turn.understanding.intent if turn.understanding else ""
    if state.asked == "offer" and intent == "affirm":
        state.asked = "offered"
        return True
    kopecks = sum_of(turn, bare=state.asked in {"sum", "offer"})
    if kopecks is not None:
        state.kopecks = kopecks
        return True
    return identification.absorb(state, turn)


def advance(state: State, known: Known, moment: Moment, rules: MoneyRules) -> Step:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    state.account_id = account
    today = moment.now.date()
    owed = Balance(account, today)
    for query in (AccountFacts(account), owed):
        if query not in known:
            return query
    facts = known[AccountFacts(account)].account
    who, balance = named(facts), known[owed]
    if state.kopecks is None:
        if state.asked == "offered" and balance.kopecks > 0:
            state.kopecks = balance.kopecks
        else:
            return _ask(state, who, balance, identification.other_account(NAME, known))
    if not SMALLEST <= state.kopecks <= rules.largest:
        state.kopecks, state.asked = None, "sum"
        limits = f"от {roubles(SMALLEST)} до {roubles(rules.largest)}"
        return Asking(Reply(f"Сумма может быть {limits}. Сколько хотите оплатить?"))
    picture = PaymentPicture(account, state.kopecks, today)
    if picture not in known:
        return picture
    reply = _answer(who, facts.number, state.kopecks, known[picture], rules)
    other = identification.other_account(NAME, known)
    return Done((replace(reply, buttons=(*reply.buttons, *other)),))


def _ask(state: State, who: str, balance: Facts, other: tuple[Button, ...]) -> Asking:
    if balance.kopecks >= SMALLEST and state.asked != "sum":
        state.asked = "offer"
        text = (
            f"{who}: на {day(balance.as_of)} к оплате **{roubles(balance.kopecks)}**. "
            "Оплатить эту сумму или другую?"
        )
        buttons = (
            flow_button(roubles(balance.kopecks), NAME, state.run, f"sum-{balance.kopecks}"),
            flow_button("Другая сумма", NAME, state.run, "another-sum"),
            *other,
            MENU_BUTTON,
        )
        return Asking(Reply(text, buttons))
    debt_free = balance.kopecks < SMALLEST and state.asked != "sum"
    state.asked = "sum"
    head = f"{who}: долга нет, но можно внести и вперёд. " if debt_free else ""
    text = f"{head}Какую сумму хотите оплатить? Например, «1500»."
    return Asking(Reply(text, (*other, OPERATOR_BUTTON)))


def _answer(who: str, number: str, kopecks: int, picture: File | None, rules: MoneyRules) -> Reply:
    parts = [f"{who}: к оплате **{roubles(kopecks)}**."]
    if picture is not None:
        parts.append(
            "Откройте приложение своего банка и выберите оплату по QR-коду: реквизиты, номер "
            "счёта и сумма подставятся сами."
        )
    if rules.without_fee:
        ways = "\n".join(f"- {way}" for way in rules.without_fee)
        parts.append(f"Без комиссии:\n\n{ways}")
    buttons: list[Button] = []
    if rules.link:
        url = rules.link.format(
            account=quote(number, safe=""), roubles=f"{kopecks // 100}.{kopecks % 100:02d}"
        )
        buttons.append(Button("Оплатить на сайте", url=url))
    buttons += [intent_button("Не вижу оплату", "payment_status"), MENU_BUTTON]
    return Reply("\n\n".join(parts), tuple(buttons), (picture,) if picture else ())
