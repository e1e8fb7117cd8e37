"""«Показания 12345»: from a message to a stored reading [17-20].

Everything may come in the first message or step by step. What is acceptable is decided by
``billing.readings.check``; how one speaks of it stands in ``reading_texts``. Who does not name
the holder may give a reading by the account's number alone: he is told nothing that he has not
said himself.
"""

import re
from dataclasses import dataclass, field

from billing.customers.identity import mask_number
from billing.errors import BadValue
from billing.numbers import format_value
from billing.readings.rules import (
    AcceptanceRules,
    NeedsConfirmation,
    Question,
    Reason,
    Refused,
    Standing,
    standing,
)
from billing.views import AccountOverview, MeterOverview, TakenReading, UnverifiedOutcome
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, begin_button, flow_button, intent_button
from dialogs.flow import (
    AccountFacts,
    Asking,
    Done,
    Failed,
    FlowTurn,
    GiveReading,
    GiveUnverified,
    Known,
    Moment,
    Step,
)
from dialogs.flows import identification, reading_texts, reading_values
from dialogs.flows.identification import Identification
from replies import Button, Reply

NAME = "reading"
VERSION = 1

MAX_REFUSALS = 3
_NO_NAME = re.compile(
    r"без\s+(?:фамил|имени|владел)|не\s+(?:знаю|помню|скажу|буду|хочу)|просто\s+(?:прими|запиш)|"
    r"при(?:ми|ни)\w*\s+(?:и\s+)?так|^\W*(?:нет|никак)\W*$",
    re.IGNORECASE,
)
_REPLACED = re.compile(r"(?:счетчик|прибор)\w*\W+(?:\w+\W+)?(?:смен|замен|помен|нов)|"
                       r"(?:смен|замен|помен)\w*\W+(?:\w+\W+)?(?:счетчик|прибор)")  # fmt: skip
_LONE_NAME = re.compile(r"\s*[А-Яа-яЁё-]{2,}(?:\s+[А-Яа-яЁё.-]+){0,2}\s*")


@dataclass(slots=True)
class State(Identification):
    """``given`` are (role, thousandths) as the customer named them, in his order.

    ``unnamed``: he gives the reading without naming the holder. ``problem``: why his last
    message is no reading (``billing.errors.BadValue``).
    """

    meter_id: int | None = None
    meter_number: str | None = None
    unnamed: bool = False
    problem: str = ""
    given: list[list[object]] = field(default_factory=list)
    # What was refused, for «счётчик заменили».
    refused: list[list[object]] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    suggestion: list[int] = field(default_factory=list)
    refusals: int = 0


def start(run: str) -> State:
    return State(run=run, flow=NAME, choose=True)


def absorb(state: State, turn: FlowTurn) -> bool:
    """Values, account and name may come in one message; a bare number answers what was asked."""
    if turn.choice:
        return _choose(state, turn.choice) or identification.absorb(state, turn)
    intent = turn.understanding.intent if turn.understanding else ""
    plain = turn.text.casefold().replace("ё", "е")
    if state.asked == "confirm" and intent in {"affirm", "deny"}:
        return _choose(state, "yes" if intent == "affirm" else "no")
    if state.asked == "name" and _NO_NAME.search(plain):
        return _choose(state, "unnamed")
    if state.refused and _REPLACED.search(plain):
        return _choose(state, "replaced")
    found = False
    meters = turn.understanding.of("meter_number") if turn.understanding else ()
    if meters:
        state.meter_number, found = meters[0].value, True
    state.problem = ""
    if state.asked == "unfit" and _LONE_NAME.fullmatch(turn.text):
        state.name = turn.text.strip()
        return True
    if state.asked not in {"number", "name"} or reading_values.are_meant(turn):
        found = _absorb_values(state, turn) or found
    return identification.absorb(state, turn) or found


def _absorb_values(state: State, turn: FlowTurn) -> bool:
    bare = state.asked in {"value", "zone", "confirm", "unfit"}
    problem = reading_values.impossible(turn.text) if bare else None
    if problem is not None:
        state.problem = problem.value
        return True
    values = reading_values.values_in(turn, bare=bare)
    if not values:
        return False
    begins_anew = reading_values.begin_anew(values, state.given)
    all_again = state.asked == "zone" and len(values) > 1
    if begins_anew or all_again or state.asked in {"confirm", "unfit", "name", "meter"}:
        _forget_values(state)
    state.given = [*state.given, *values]
    return True


def advance(state: State, known: Known, moment: Moment, rules: AcceptanceRules) -> Step:
    account = identification.resolve(state, known)
    if isinstance(account, Asking) and state.asked == "name" and state.number:
        return _without_account(state, known, moment)
    if not isinstance(account, int):
        return account
    state.account_id = account
    if AccountFacts(account) not in known:
        return AccountFacts(account)
    facts: AccountOverview = known[AccountFacts(account)]
    meter = _meter(state, facts)
    if not isinstance(meter, MeterOverview):
        return meter
    values = reading_values.in_order(state.given, meter.facts.zones)
    if len(values) < meter.facts.zones:
        stands = standing(meter.history, meter.facts.zones, moment.now.date(), rules)
        return _ask_values(state, meter, facts, stands)
    if len(values) > meter.facts.zones:
        return _refused(state, meter, Refused(Reason.WRONG_ZONES), rules)
    give = GiveReading(account, meter.meter_id, values, moment.now.date(), tuple(state.confirmed))
    if give not in known:
        return give
    match known[give]:
        case TakenReading() as taken:
            return _done(taken, meter, facts, moment)
        case NeedsConfirmation() as verdict:
            return _confirm(state, facts, verdict, moment)
        case refused:
            return _refused(state, meter, refused, rules)


def _without_account(state: State, known: Known, moment: Moment) -> Step:
    """Nobody has shown that he is the holder: the same steps and words for every number."""
    number = state.number or ""
    if not state.unnamed:
        ask = reading_texts.NAME_HELP if state.lost else reading_texts.ASK_NAME
        text = ask.format(number=mask_number(number))
        unnamed = _button(state, reading_texts.WITHOUT_NAME, "unnamed")
        return Asking(Reply(text, (*identification.phone_button(known), unnamed)))
    if state.problem or not state.given:
        state.asked = "value"
        text = _problem(state) or reading_texts.ASK_VALUES_ALONE.format(number=mask_number(number))
        return Asking(Reply(text, (OPERATOR_BUTTON,)))
    given = reading_values.as_named(state.given)
    give = GiveUnverified(number, tuple(value for _, value in given), moment.now.date())
    if give not in known:
        return give
    match known[give].outcome:
        case UnverifiedOutcome.TAKEN:
            reading_number = str(known[give].reading_number)
            text = reading_texts.without_account(number, given, moment, reading_number)
            return Done((Reply(text, (MENU_BUTTON,)),))
        case UnverifiedOutcome.DOES_NOT_FIT:
            state.asked = "unfit"
            buttons = (_button(state, "Назвать владельца", "named"), OPERATOR_BUTTON)
            return Asking(Reply(reading_texts.DOES_NOT_FIT, buttons))
        case _:
            state.unnamed, state.asked = False, "name"
            text = reading_texts.TOO_MANY_TRIES.format(number=mask_number(number))
            return Asking(Reply(text, (OPERATOR_BUTTON,)))


def _choose(state: State, choice: str) -> bool:
    match choice:
        case "yes":
            state.confirmed = sorted({*state.confirmed, *state.questions})
            state.questions = []
        case "no":
            _forget_values(state)
        case "meant":
            suggestion = [["", value] for value in state.suggestion]
            _forget_values(state)
            state.given = suggestion
        case "replaced":
            given = state.refused
            _forget_values(state)
            state.given, state.confirmed = given, [Question.REPLACED.value]
        case "unnamed":
            state.unnamed = True
        case "named":
            state.unnamed = False
        case _ if choice.startswith("meter-"):
            state.meter_id = int(choice.removeprefix("meter-"))
        case _:
            return False
    return True


def _forget_values(state: State) -> None:
    state.given, state.refused, state.confirmed = [], [], []
    state.questions, state.suggestion = [], []


def _problem(state: State) -> str:
    match state.problem:
        case BadValue.NEGATIVE:
            return reading_texts.NEGATIVE
        case BadValue.TOO_LONG:
            return reading_texts.TOO_LONG
        case _:
            return ""


def _meter(state: State, facts: AccountOverview) -> MeterOverview | Asking | Done:
    """The meter meant; one that was removed only when it is named or there is no other."""
    for meter in facts.meters:
        if meter.meter_id == state.meter_id or _is_meter(state.meter_number, meter.number):
            return meter
    active = [m for m in facts.meters if m.facts.removed_on is None] or list(facts.meters)
    if not active:
        text = reading_texts.no_meters(facts.account)
        return Done((Reply(text, (OPERATOR_BUTTON, MENU_BUTTON)),))
    if len(active) == 1:
        return active[0]
    buttons = tuple(
        _button(state, reading_texts.meter_choice(meter), f"meter-{meter.meter_id}")
        for meter in active
    )
    state.asked = "meter"
    return Asking(Reply(reading_texts.which_meter(facts.account), buttons))


def _is_meter(given: str | None, number: str) -> bool:
    return given is not None and given.lstrip("0") == number.lstrip("0")


def _ask_values(
    state: State, meter: MeterOverview, facts: AccountOverview, stands: Standing
) -> Asking:
    state.asked = "value"
    known = reading_values.filled(state.given, meter.facts.zones)
    text = _problem(state) or reading_texts.ask_values(meter, facts, stands, known)
    return Asking(Reply(text, (OPERATOR_BUTTON,)))


def _done(
    taken: TakenReading, meter: MeterOverview, facts: AccountOverview, moment: Moment
) -> Done:
    buttons = [
        begin_button("Отменить", "undo", str(taken.reading_id)),
        intent_button("Сколько я должен", "balance"),
        MENU_BUTTON,
    ]
    if meter.facts.verification_due and meter.facts.verification_due < taken.taken_on:
        buttons.insert(1, intent_button("О поверке", "faq/meter_verification"))
    return Done((Reply(reading_texts.taken(taken, meter, facts, moment), tuple(buttons)),))


def _confirm(
    state: State, facts: AccountOverview, verdict: NeedsConfirmation, moment: Moment
) -> Asking:
    state.asked = "confirm"
    state.questions = [question.value for question in verdict.questions]
    state.suggestion = list(verdict.suggestion or ())
    buttons = [_button(state, "Да, верно", "yes"), _button(state, "Нет, исправлю", "no")]
    if verdict.suggestion:
        label = f"Верно: {reading_texts.named(verdict.suggestion)}"
        buttons.append(_button(state, label, "meant"))
    text = reading_texts.confirm(verdict, facts.prices, moment.now.date())
    return Asking(Reply(text, tuple(buttons)))


def _refused(state: State, meter: MeterOverview, verdict: Refused, rules: AcceptanceRules) -> Step:
    """Say why at once [19]; what can be mended is asked again."""
    final = reading_texts.final_refusal(verdict, rules)
    if final is not None:
        return Done((Reply(final, (OPERATOR_BUTTON, MENU_BUTTON)),))
    state.refusals += 1
    if state.refusals >= MAX_REFUSALS:
        given = ", ".join(format_value(int(str(value))) for _, value in state.given)
        return Failed({"показания": given, "причина": verdict.reason.value})
    given_values = state.given
    _forget_values(state)
    if verdict.zone and meter.facts.zones > 1:
        state.asked = "zone"
        state.given = reading_values.without(given_values, meter.facts.zones, verdict.zone - 1)
    else:
        state.asked = "value"
    buttons: list[Button] = []
    if verdict.suggestion:
        state.suggestion = list(verdict.suggestion)
        label = f"Верно: {reading_texts.named(verdict.suggestion)}"
        buttons.append(_button(state, label, "meant"))
    if verdict.reason is Reason.LESS_THAN_BEFORE:
        state.refused = given_values
        buttons.append(_button(state, "Счётчик заменили", "replaced"))
    return Asking(Reply(reading_texts.refusal(verdict, meter), (*buttons, OPERATOR_BUTTON)))


def _button(state: State, label: str, choice: str) -> Button:
    return flow_button(label, NAME, state.run, choice)
