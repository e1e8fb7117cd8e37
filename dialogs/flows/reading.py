"""«Показания 12345»: from a message to a stored reading [17-20].

Everything may come in the first message or step by step. What is acceptable is decided by
``billing.readings.check``; here stands only how one speaks of it.
"""

import re
from dataclasses import dataclass, field

from billing.errors import InvalidValue
from billing.numbers import format_kwh, format_value, parse_value
from billing.readings import (
    AcceptanceRules,
    Accepted,
    NeedsConfirmation,
    Question,
    Reason,
    Refused,
    check,
)
from billing.views import AccountOverview, MeterOverview
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, flow_button, intent_button
from dialogs.flow import AccountFacts, Asking, Done, Failed, FlowTurn, Known, Moment, Step
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from dialogs.turn import TakeReading
from replies import Button, Reply

NAME = "reading"
VERSION = 1

MAX_REFUSALS = 3
ZONES = {1: ("",), 2: ("день", "ночь"), 3: ("пик", "ночь", "полупик")}
_ROLES = {"day": 0, "night": 1, "half_peak": 2}
_NUMBER = re.compile(r"\d[\d\s\u00a0]*(?:[.,]\d+)?")


@dataclass(slots=True)
class State(Identification):
    """``given`` are (role, thousandths) as the customer named them, in his order."""

    meter_id: int | None = None
    given: list[list[object]] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    suggestion: list[int] = field(default_factory=list)
    refusals: int = 0


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    """Values, account and name may come in one message; a bare number answers what was asked."""
    if turn.choice:
        return _choose(state, turn.choice) or identification.absorb(state, turn)
    intent = turn.understanding.intent if turn.understanding else ""
    if state.asked == "confirm" and intent in {"affirm", "deny"}:
        return _choose(state, "yes" if intent == "affirm" else "no")
    found = False
    if state.asked not in {"number", "name"} or _has_roles(turn):
        values = _values(turn, bare=state.asked in {"value", "confirm"})
        if values:
            if state.asked == "confirm":
                _forget_values(state)
            state.given.extend(values)
            found = True
    return identification.absorb(state, turn) or found


def advance(state: State, known: Known, moment: Moment, rules: AcceptanceRules) -> Step:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    state.account_id = account
    if AccountFacts(account) not in known:
        return AccountFacts(account)
    facts: AccountOverview = known[AccountFacts(account)]
    meter = _meter(state, facts)
    if not isinstance(meter, MeterOverview):
        return meter
    values = _assign(state, meter.facts.zones)
    if len(values) < meter.facts.zones:
        state.asked = "value"
        return Asking(Reply(_ask_values(meter, facts, len(values)), (OPERATOR_BUTTON,)))
    if len(values) > meter.facts.zones:
        return _refused(state, meter, Refused(Reason.WRONG_ZONES), rules)
    verdict = check(
        values,
        meter.facts,
        meter.history,
        moment.now.date(),
        rules,
        [Question(question) for question in state.confirmed],
    )
    match verdict:
        case Refused():
            return _refused(state, meter, verdict, rules)
        case NeedsConfirmation():
            return _confirm(state, meter, verdict)
        case Accepted():
            effect = TakeReading(
                account,
                meter.meter_id,
                verdict.values,
                moment.now.date(),
                tuple(state.confirmed),
            )
            return Done((_taken(verdict, meter, facts, moment),), (effect,))


def _choose(state: State, choice: str) -> bool:
    match choice:
        case "yes":
            state.confirmed = sorted({*state.confirmed, *state.questions})
            state.questions = []
        case "no":
            _forget_values(state)
        case "meant":
            state.given = [["", value] for value in state.suggestion]
            state.confirmed, state.questions, state.suggestion = [], [], []
        case _ if choice.startswith("meter-"):
            state.meter_id = int(choice.removeprefix("meter-"))
        case _:
            return False
    return True


def _forget_values(state: State) -> None:
    state.given, state.confirmed, state.questions, state.suggestion = [], [], [], []


def _has_roles(turn: FlowTurn) -> bool:
    found = turn.understanding.of("reading") if turn.understanding else ()
    return any(entity.role in _ROLES for entity in found)


def _values(turn: FlowTurn, *, bare: bool) -> list[list[object]]:
    found = turn.understanding.of("reading") if turn.understanding else ()
    texts = [(entity.role or "", entity.value) for entity in found]
    if not texts and bare:
        texts = [("", number) for number in _NUMBER.findall(turn.text)]
    values: list[list[object]] = []
    for role, text in texts:
        try:
            values.append([role, parse_value(text)])
        except InvalidValue:
            continue
    return values


def _meter(state: State, facts: AccountOverview) -> MeterOverview | Asking | Done:
    """The meter meant; one that was removed only when there is no other, to say so."""
    active = [m for m in facts.meters if m.facts.removed_on is None] or list(facts.meters)
    if not active:
        text = (
            f"По счёту {facts.account.masked_number} счётчика у нас не числится, поэтому "
            "показания принять не могу. Оператор подскажет, что делать."
        )
        return Done((Reply(text, (OPERATOR_BUTTON, MENU_BUTTON)),))
    for meter in active:
        if len(active) == 1 or meter.meter_id == state.meter_id:
            return meter
    buttons = tuple(
        flow_button(f"Счётчик № {meter.number}"[:40], NAME, state.run, f"meter-{meter.meter_id}")
        for meter in active
    )
    state.asked = "meter"
    return Asking(Reply("По этому счёту несколько счётчиков. Чьи показания передаёте?", buttons))


def _assign(state: State, zones: int) -> tuple[int, ...]:
    """Values in the order of the registers: named ones to their zone, the others in turn."""
    registers: list[int | None] = [None] * zones
    unnamed: list[int] = []
    for role, value in state.given:
        assert isinstance(value, int)  # noqa: S101 (as stored by _values)
        place = _ROLES.get(str(role))
        if place is not None and place < zones and zones > 1:
            registers[place] = value
        else:
            unnamed.append(value)
    for place, register in enumerate(registers):
        if register is None and unnamed:
            registers[place] = unnamed.pop(0)
    known = [value for value in registers if value is not None]
    if len(known) < zones and None in registers[: len(known)]:
        # «ночь 210» alone: keep it in its place and ask for the rest by name.
        return ()
    return (*known, *unnamed)


def _ask_values(meter: MeterOverview, facts: AccountOverview, given: int) -> str:
    names = ZONES[meter.facts.zones]
    last = meter.last
    account = f"Счёт {facts.account.masked_number}, счётчик № {meter.number}."
    if meter.facts.zones == 1:
        text = f"{account} Напишите показание."
    elif given:
        text = f"Записал: {names[given - 1]}. Теперь напишите показание «{names[given]}»."
    else:
        example = " ".join(f"{name} {1200 * (n + 1)}" for n, name in enumerate(names))
        text = f"{account} Напишите показания: {', '.join(names)}. Например: «{example}»."
    if last is not None and not given:
        shown = _named(last.values, names)
        text += f"\n\nПрошлые показания от {last.taken_on:%d.%m.%Y}: {shown}."
    return text


def _named(values: tuple[int, ...], names: tuple[str, ...]) -> str:
    return ", ".join(
        f"{name} {format_value(value)}".strip() for name, value in zip(names, values, strict=True)
    )


def _taken(verdict: Accepted, meter: MeterOverview, facts: AccountOverview,
           moment: Moment) -> Reply:  # fmt: skip
    names = ZONES[meter.facts.zones]
    lines = [
        f"✅ Показания приняты: **{_named(verdict.values, names)}** кВт·ч.",
        f"Счёт {facts.account.masked_number}, {moment.now:%d.%m.%Y в %H:%M}, {moment.channel}.",
    ]
    if verdict.replaces is not None:
        lines.append("Прежние показания за этот месяц заменены.")
    if verdict.consumption and verdict.previous is not None:
        since = f"{verdict.previous.taken_on:%d.%m.%Y}"
        lines.append(f"Расход с {since}: {format_kwh(sum(verdict.consumption))}.")
    if verdict.outside:
        lines.append(f"Приём за этот месяц закончен: учтём их за {_month(verdict)}.")
    if verdict.marks:
        lines.append("Специалист проверит их в течение рабочего дня.")
    buttons = (intent_button("Сколько я должен", "balance"), MENU_BUTTON)
    return Reply("\n\n".join(lines), buttons)


_MONTHS = ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь",
           "октябрь", "ноябрь", "декабрь")  # fmt: skip


def _month(verdict: Accepted) -> str:
    return f"{_MONTHS[verdict.period.month - 1]} {verdict.period.year}"


def _confirm(state: State, meter: MeterOverview, verdict: NeedsConfirmation) -> Asking:
    names = ZONES[meter.facts.zones]
    reading = verdict.reading
    shown = _named(reading.values, names)
    lines = []
    for question in verdict.questions:
        match question:
            case Question.ROLLOVER:
                lines.append(f"{shown} меньше прошлых показаний. Счётчик прошёл через ноль?")
            case Question.UNUSUAL:
                used = format_kwh(sum(reading.consumption))
                lines.append(f"Расход получается {used}, это заметно больше обычного.")
            case Question.ZERO:
                lines.append("Показания не изменились с прошлого раза, расход нулевой.")
            case Question.CORRECTION:
                lines.append(f"{shown} меньше того, что уже принято за этот месяц.")
    lines.append("Всё верно?")
    state.asked = "confirm"
    state.questions = [question.value for question in verdict.questions]
    state.suggestion = list(verdict.suggestion or ())
    return Asking(Reply("\n\n".join(lines), _confirm_buttons(state, verdict.suggestion, names)))


def _confirm_buttons(state: State, suggestion: tuple[int, ...] | None,
                     names: tuple[str, ...]) -> tuple[Button, ...]:  # fmt: skip
    buttons = [
        flow_button("Да, верно", NAME, state.run, "yes"),
        flow_button("Нет, исправлю", NAME, state.run, "no"),
    ]
    if suggestion:
        label = f"Верно: {_named(suggestion, names)}"
        buttons.append(flow_button(label, NAME, state.run, "meant"))
    return tuple(buttons)


_FINAL = {
    Reason.METER_REMOVED: "Этот счётчик снят {since}, его показания больше не принимаются.",
    Reason.ACCOUNT_CLOSED: "Этот счёт закрыт {since}, показания по нему больше не принимаются.",
    Reason.OUTSIDE_DAYS: (
        "Сегодня показания не принимаются: приём с {first} по {last} число каждого месяца."
    ),
    Reason.ALREADY_TAKEN: "Эти показания уже приняты {existing}, второй раз передавать не нужно.",
}


def _refused(state: State, meter: MeterOverview, verdict: Refused, rules: AcceptanceRules) -> Step:
    """Say why at once [19]; what can be mended is asked again."""
    names = ZONES[meter.facts.zones]
    if verdict.reason in _FINAL:
        text = _FINAL[verdict.reason].format(
            since=f"{verdict.since:%d.%m.%Y}" if verdict.since else "",
            existing=f"{verdict.existing.taken_on:%d.%m.%Y}" if verdict.existing else "",
            first=rules.first_day,
            last=rules.last_day,
        )
        return Done((Reply(text, (OPERATOR_BUTTON, MENU_BUTTON)),))
    state.refusals += 1
    given = ", ".join(format_value(int(str(value))) for _, value in state.given)
    if state.refusals >= MAX_REFUSALS:
        return Failed({"показания": given, "причина": verdict.reason.value})
    zone = f" ({names[verdict.zone - 1]})" if verdict.zone and len(names) > 1 else ""
    previous = _named(verdict.previous.values, names) if verdict.previous else ""
    match verdict.reason:
        case Reason.WRONG_ZONES:
            text = (
                "У этого счётчика одно показание, а чисел несколько. Напишите одно."
                if len(names) == 1
                else f"Нужно чисел: {len(names)} ({', '.join(names)}). Напишите их ещё раз."
            )
        case Reason.TOO_MANY_DIGITS:
            text = (
                f"У счётчика {meter.facts.digits} цифр до запятой, а здесь больше{zone}. "
                "Проверьте, пожалуйста, и напишите ещё раз."
            )
        case Reason.LESS_THAN_BEFORE:
            text = (
                f"Показание{zone} меньше прошлого ({previous}), поэтому принять его не могу. "
                "Проверьте цифры и напишите ещё раз."
            )
        case _:
            used = format_kwh(verdict.consumption) if verdict.consumption else "слишком много"
            text = (
                f"Расход получается {used}: столько за это время израсходовать нельзя. "
                "Проверьте цифры и напишите ещё раз."
            )
    _forget_values(state)
    state.asked = "value"
    buttons: tuple[Button, ...] = (OPERATOR_BUTTON,)
    if verdict.suggestion:
        state.suggestion = list(verdict.suggestion)
        label = f"Верно: {_named(verdict.suggestion, names)}"
        buttons = (flow_button(label, NAME, state.run, "meant"), OPERATOR_BUTTON)
    return Asking(Reply(text, buttons))
