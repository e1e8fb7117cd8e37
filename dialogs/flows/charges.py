"""«За что начислили»: a month's bill line by line, or several months at a glance [22]."""

from collections.abc import Sequence
from datetime import date

from billing.models import ChargeKind
from billing.money import roubles
from billing.numbers import format_kwh
from billing.payments.bills import NO_FACTOR, BillLine, MonthBill
from billing.readings.rules import next_month
from dialogs.actions import MENU_BUTTON, intent_button
from dialogs.flow import AccountFacts, Done, Known, Moment, Step
from dialogs.flows import asked_period, identification
from dialogs.flows.asked_period import PeriodAsked
from dialogs.flows.money_words import day, month_name, named
from dialogs.flows.periods import Period
from dialogs.money import Bills
from replies import Button, Reply, escape

NAME = "charges"
VERSION = 1

MOST_MONTHS = 12
ZONES = {1: ("",), 2: ("день", "ночь"), 3: ("пик", "ночь", "полупик")}
_KINDS = {
    ChargeKind.OPENING: "Остаток прошлых лет",
    ChargeKind.ELECTRICITY: "Электроэнергия",
    ChargeKind.COMMON: "Общедомовые нужды",
    ChargeKind.PENALTY: "Пени",
    ChargeKind.RECALCULATION: "Перерасчёт",
}


State = PeriodAsked
absorb = asked_period.absorb


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def advance(state: State, known: Known, moment: Moment) -> Step:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    today, asked = moment.now.date(), state.period
    bills = Bills(account, _back(today, MOST_MONTHS), today.replace(day=1))
    if asked is not None:
        bills = Bills(account, asked.first_month, asked.last_month)
    for query in (AccountFacts(account), bills):
        if query not in known:
            return query
    who = named(known[AccountFacts(account)].account)
    found: Sequence[MonthBill] = known[bills]
    other = identification.other_account(NAME, known)
    if not found:
        return Done((Reply(_nothing(who, asked, today), (*_buttons(0), *other)),))
    if asked is not None and not asked.is_one_month:
        return Done((Reply(_table(who, found[:MOST_MONTHS]), (*_buttons(0), *other)),))
    return Done((Reply(bill_text(who, found[0]), (*_buttons(found[0].penalty), *other)),))


def bill_text(who: str, bill: MonthBill) -> str:
    """One readable message: the sum first, then of what it consists."""
    zones = max((line.zone for line in bill.lines), default=1)
    lines = [f"- {line_text(line, zones)}" for line in bill.lines]
    head = f"{who}: за {month_name(bill.month)} начислено **{roubles(bill.kopecks)}**."
    return f"{head}\n\n" + "\n".join(lines)


def line_text(line: BillLine, zones: int) -> str:
    """«День, 1–15.07, 2-й диапазон: 40 кВт·ч × 6,29 ₽ × 1,5 = 377,40 ₽ (почему)»."""
    name = _KINDS[line.kind]
    zone = ZONES.get(zones, ("",))[line.zone - 1] if line.zone and zones > 1 else ""
    title = [f"{name}, {zone}" if zone else name]
    if line.tier:
        title.append(f"{line.tier}-й диапазон потребления")
    if line.since and line.until:
        title.append(f"с {line.since:%d.%m} по {line.until:%d.%m}")
    money = roubles(line.kopecks)
    if line.kwh is not None and line.tariff is not None:
        factor = f" × {line.factor / 100:g}".replace(".", ",") if line.factor != NO_FACTOR else ""
        money = f"{format_kwh(line.kwh)} × {roubles(line.tariff)}{factor} = {money}"
    elif line.kwh is not None:
        money = f"{format_kwh(line.kwh)}, {money}"
    note = f" ({escape(line.note)})" if line.note else ""
    return f"{', '.join(title)}: {money}{note}"


def _table(who: str, bills: Sequence[MonthBill]) -> str:
    rows = "\n".join(f"| {month_name(bill.month)} | {roubles(bill.kopecks)} |" for bill in bills)
    total = roubles(sum(bill.kopecks for bill in bills))
    return (
        f"{who}, начислено по месяцам:\n\n| Месяц | Сумма |\n|---|---|\n{rows}\n\n"
        f"Всего **{total}**. Чтобы увидеть расчёт, напишите, например: "
        f"«начисления за {month_name(bills[0].month)}»."
    )


def _nothing(who: str, asked: Period | None, today: date) -> str:
    if asked is not None:
        first = asked.first_month
        if first >= today.replace(day=1):
            billed = next_month(first)
            return (
                f"{who}: начислений за {month_name(first)} ещё нет. "
                f"Они появятся после окончания месяца, в первых числах: {day(billed)} и позже."
            )
        if asked.is_one_month:
            return f"{who}: за {month_name(first)} начислений у нас нет."
        return f"{who}: за это время начислений у нас нет."
    return f"{who}: начислений пока нет."


def _buttons(penalty: int) -> tuple[Button, ...]:
    buttons = [
        intent_button("Сколько к оплате", "balance"),
        intent_button("Оплатить", "pay"),
        intent_button("Квитанция", "receipt"),
    ]
    if penalty:
        buttons.insert(0, intent_button("Как посчитаны пени", "penalty"))
    return (*buttons, MENU_BUTTON)


def _back(today: date, months: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)
