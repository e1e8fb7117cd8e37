"""The table of cases by which a reading is judged, and what must hold for any of them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.readings.rules import (
    AcceptanceRules,
    Accepted,
    Mark,
    MeterFacts,
    NeedsConfirmation,
    Outside,
    PastReading,
    Question,
    Reason,
    Refused,
    check,
    next_month,
    period_of,
    usual_per_day,
)

TODAY = date(2026, 11, 18)
NOVEMBER, OCTOBER, SEPTEMBER = date(2026, 11, 1), date(2026, 10, 1), date(2026, 9, 1)
RULES = AcceptanceRules()

ONE = MeterFacts(zones=1, digits=5, decimals=1)
TWO = MeterFacts(zones=2, digits=5)
THREE = MeterFacts(zones=3, digits=6)


def kwh(*values: float) -> tuple[int, ...]:
    return tuple(round(value * 1000) for value in values)


def past(*values: float, on: date = date(2026, 10, 19), accepted: bool = True) -> PastReading:
    return PastReading(kwh(*values), on, on.replace(day=1), accepted)


# 30 days between readings and 165 kWh in each: 5.5 kWh a day.
HISTORY = [past(12015, on=date(2026, 9, 19)), past(12180)]
TWO_HISTORY = [past(11900, 6600, on=date(2026, 9, 19)), past(12100, 6700)]


class Case(NamedTuple):
    why: str
    values: tuple[int, ...]
    meter: MeterFacts
    history: list[PastReading]
    consumption: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()


ACCEPTED = [
    Case("usual", kwh(12345), ONE, HISTORY, kwh(165)),
    Case("a fraction", kwh(12345.6), ONE, HISTORY, kwh(165.6)),
    Case("finer than the register", kwh(12345.678), ONE, HISTORY, kwh(165.6)),
    Case("first ever", kwh(17), ONE, []),
    Case("two zones", kwh(12345, 6789), TWO, TWO_HISTORY, kwh(245, 89)),
    Case("nothing at night", kwh(12345, 6700), TWO, TWO_HISTORY, kwh(245, 0)),
    Case("three zones", kwh(100, 50, 20), THREE, [past(60, 40, 10)], kwh(40, 10, 10)),
    Case("transformers", kwh(12185), replace(ONE, ratio=40), HISTORY, kwh(200)),
    Case("a long gap allows more", kwh(13500), ONE, [past(12180, on=date(2026, 5, 19))], kwh(1320)),
    Case(
        "the meter sends its readings itself",
        kwh(12345), replace(ONE, remote=True), HISTORY, kwh(165), (Mark.REMOTE,),
    ),
    Case(
        "verification expired",
        kwh(12345), replace(ONE, verification_due=TODAY - timedelta(1)), HISTORY, kwh(165),
        (Mark.VERIFICATION_EXPIRED,),
    ),
    Case(
        "last day of verification",
        kwh(12345), replace(ONE, verification_due=TODAY), HISTORY, kwh(165),
    ),
    Case("removed tomorrow", kwh(12345), replace(ONE, removed_on=TODAY + timedelta(1)), HISTORY,
         kwh(165)),
    Case("set to two zones since", kwh(300, 100), TWO, HISTORY),
    Case("what waits for review is no measure", kwh(12345), ONE,
         [*HISTORY, past(99000, on=date(2026, 11, 3), accepted=False)], kwh(165)),
]  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.why)
def test_accepted(case: Case) -> None:
    result = check(case.values, case.meter, case.history, TODAY, RULES)
    assert isinstance(result, Accepted)
    assert result.consumption == case.consumption
    assert result.marks == case.marks
    assert result.period == NOVEMBER
    assert result.total == (sum(case.consumption) if case.consumption else None)


class Refusal(NamedTuple):
    why: str
    values: tuple[int, ...]
    meter: MeterFacts
    history: list[PastReading]
    reason: Reason
    zone: int | None = None
    suggestion: tuple[int, ...] | None = None


REFUSED = [
    Refusal("six digits on five", kwh(123456), ONE, HISTORY, Reason.TOO_MANY_DIGITS, 1,
            kwh(12345.6)),
    Refusal("six digits, no history", kwh(123456), ONE, [], Reason.TOO_MANY_DIGITS, 1),
    Refusal("night too long", kwh(12345, 678900), TWO, TWO_HISTORY, Reason.TOO_MANY_DIGITS, 2),
    Refusal("less, and nothing explains it", kwh(9000), ONE, HISTORY, Reason.LESS_THAN_BEFORE, 1),
    Refusal("transposed: 12179 meant 12197", kwh(12179), ONE, HISTORY, Reason.LESS_THAN_BEFORE, 1,
            kwh(12197)),
    Refusal("comma in a wrong place", kwh(1234.5), ONE, HISTORY, Reason.LESS_THAN_BEFORE, 1,
            kwh(12345)),
    Refusal("a dot for thousands", kwh(12.345), ONE, HISTORY, Reason.LESS_THAN_BEFORE, 1,
            kwh(12345)),
    Refusal("day and night swapped", kwh(6789, 12345), TWO, TWO_HISTORY, Reason.LESS_THAN_BEFORE,
            1, kwh(12345, 6789)),
    Refusal("more than the line carries", kwh(92345), ONE, HISTORY, Reason.ABSURD),
    Refusal("one value on two zones", kwh(12345), TWO, TWO_HISTORY, Reason.WRONG_ZONES),
    Refusal("two values on one zone", kwh(12345, 6789), ONE, HISTORY, Reason.WRONG_ZONES),
    Refusal("the same again", kwh(12345), ONE, [*HISTORY, past(12345, on=date(2026, 11, 3))],
            Reason.ALREADY_TAKEN),
    Refusal("the same waits for review", kwh(12345), ONE,
            [*HISTORY, past(12345, on=date(2026, 11, 3), accepted=False)], Reason.ALREADY_TAKEN),
    Refusal("meter removed", kwh(12345), replace(ONE, removed_on=TODAY), HISTORY,
            Reason.METER_REMOVED),
    Refusal("account closed", kwh(12345), replace(ONE, account_closed_on=TODAY - timedelta(1)),
            HISTORY, Reason.ACCOUNT_CLOSED),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.why)
def test_refused(case: Refusal) -> None:
    result = check(case.values, case.meter, case.history, TODAY, RULES)
    assert isinstance(result, Refused)
    assert (result.reason, result.zone, result.suggestion) == (
        case.reason,
        case.zone,
        case.suggestion,
    )


class Doubt(NamedTuple):
    why: str
    values: tuple[int, ...]
    meter: MeterFacts
    history: list[PastReading]
    questions: tuple[Question, ...]
    consumption: tuple[int, ...]
    marks: tuple[Mark, ...]
    suggestion: tuple[int, ...] | None = None


DOUBTFUL = [
    Doubt("far above the usual", kwh(13900), ONE, HISTORY, (Question.UNUSUAL,), kwh(1720),
          (Mark.UNUSUAL,)),
    Doubt("far above, likely transposed", kwh(13245), ONE, HISTORY, (Question.UNUSUAL,),
          kwh(1065), (Mark.UNUSUAL,), kwh(12345)),
    Doubt("nothing consumed", kwh(12180), ONE, HISTORY, (Question.ZERO,), kwh(0), ()),
    Doubt("through zero", kwh(120), ONE, [past(99950)], (Question.ROLLOVER,), kwh(170),
          (Mark.ROLLOVER,)),
    Doubt("one of two through zero", kwh(90, 6789), TWO, [past(99990, 6700)],
          (Question.ROLLOVER,), kwh(100, 89), (Mark.ROLLOVER,)),
    Doubt("first ever, then far above it", kwh(21000), ONE, [past(12345, on=date(2026, 11, 3))],
          (Question.UNUSUAL,), (), (Mark.UNUSUAL,)),
    Doubt("first ever, then lower", kwh(12344), ONE, [past(12345, on=date(2026, 11, 3))],
          (Question.CORRECTION,), (), (Mark.CORRECTION,)),
    Doubt("corrected downwards", kwh(12300), ONE, [*HISTORY, past(12345, on=date(2026, 11, 3))],
          (Question.CORRECTION,), kwh(120), (Mark.CORRECTION,)),
]  # fmt: skip


@pytest.mark.parametrize("case", DOUBTFUL, ids=lambda case: case.why)
def test_asks_first_and_takes_when_confirmed(case: Doubt) -> None:
    asked = check(case.values, case.meter, case.history, TODAY, RULES)
    assert isinstance(asked, NeedsConfirmation)
    assert asked.questions == case.questions
    assert asked.suggestion == case.suggestion

    taken = check(case.values, case.meter, case.history, TODAY, RULES, confirmed=asked.questions)
    assert taken == asked.reading
    assert isinstance(taken, Accepted)
    assert taken.consumption == case.consumption
    assert taken.marks == case.marks


def test_a_confirmed_question_does_not_answer_another() -> None:
    result = check(kwh(13900), ONE, HISTORY, TODAY, RULES, confirmed=[Question.ZERO])
    assert isinstance(result, NeedsConfirmation)


def test_a_higher_value_of_the_same_period_replaces_without_a_question() -> None:
    taken = past(12345, on=date(2026, 11, 3))
    result = check(kwh(12360), ONE, [*HISTORY, taken], TODAY, RULES)
    assert isinstance(result, Accepted)
    assert result.replaces == taken
    assert result.previous == HISTORY[1]
    assert result.consumption == kwh(180)
    assert result.marks == ()


def test_back_over_zero_in_the_same_period_is_a_correction() -> None:
    """99960 is a lower reading than 120 when the register went through zero in between."""
    history = [past(99950), past(120, on=date(2026, 11, 3))]
    result = check(kwh(99960), ONE, history, TODAY, RULES)
    assert isinstance(result, NeedsConfirmation)
    assert result.questions == (Question.CORRECTION,)


@pytest.mark.parametrize(
    ("day", "period", "outside"),
    [(14, NOVEMBER, True), (15, NOVEMBER, False), (25, NOVEMBER, False),
     (26, date(2026, 12, 1), True)],
)  # fmt: skip
def test_acceptance_days(day: int, period: date, outside: bool) -> None:
    today = date(2026, 11, day)
    rules = AcceptanceRules(first_day=15, last_day=25)
    assert period_of(today, rules) == (period, outside)

    result = check(kwh(12345), ONE, HISTORY, today, rules)
    assert isinstance(result, Accepted)
    assert (result.period, result.outside) == (period, outside)

    refused = check(kwh(12345), ONE, HISTORY, today, replace(rules, outside=Outside.REFUSE))
    assert isinstance(refused, Refused) is outside
    if isinstance(refused, Refused):
        assert refused.reason is Reason.OUTSIDE_DAYS


def test_december_is_followed_by_january() -> None:
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert next_month(NOVEMBER) == date(2026, 12, 1)
    late = period_of(date(2026, 12, 31), AcceptanceRules(last_day=25))
    assert late == (date(2027, 1, 1), True)


def test_a_reading_for_the_next_period_is_corrected_in_it() -> None:
    """Given on the 28th for December; when the days change, it is still December's."""
    ahead = PastReading(kwh(12345), date(2026, 11, 10), date(2026, 12, 1))
    result = check(kwh(12350), ONE, [*HISTORY, ahead], TODAY, RULES)
    assert isinstance(result, Accepted)
    assert (result.period, result.replaces) == (date(2026, 12, 1), ahead)


def test_usual_consumption() -> None:
    assert usual_per_day(HISTORY) == 5500
    assert usual_per_day(HISTORY, ratio=40) == 220_000
    assert usual_per_day(HISTORY[:1]) is None
    assert usual_per_day([past(10, on=date(2026, 10, 1)), past(20, on=date(2026, 10, 5))]) is None
    around_zero = [past(99900, on=date(2026, 9, 19)), past(50)]
    assert usual_per_day(around_zero) is None


METERS = st.builds(
    MeterFacts,
    zones=st.just(1),
    digits=st.integers(4, 6),
    decimals=st.integers(0, 3),
    ratio=st.sampled_from([1, 1, 40]),
    remote=st.booleans(),
)
VALUES = st.integers(0, 10**9 - 1)


@given(meter=METERS, given_values=st.lists(VALUES, min_size=1, max_size=8), days=st.data())
def test_no_sequence_lowers_an_accepted_reading_without_review(
    meter: MeterFacts, given_values: list[int], days: st.DataObject
) -> None:
    """Every question is answered «yes»; what is taken goes where its marks say."""
    history: list[PastReading] = []
    today = SEPTEMBER
    for value in given_values:
        today += timedelta(days=days.draw(st.integers(0, 40)))
        result = check((value,), meter, history, today, RULES, confirmed=tuple(Question))
        assert not isinstance(result, NeedsConfirmation)
        if isinstance(result, Refused):
            continue
        highest = max((past.values[0] for past in history if past.accepted), default=0)
        if not result.marks:
            assert result.values[0] >= highest
        gone = [
            past
            for past in history
            if past.period == result.period and (past.accepted is not bool(result.marks))
        ]
        history = [past for past in history if past not in gone]
        history.append(PastReading(result.values, today, result.period, not result.marks))


@given(meter=METERS, before=VALUES, value=VALUES, gap=st.integers(0, 400))
def test_what_is_suggested_would_be_taken_or_asked(
    meter: MeterFacts, before: int, value: int, gap: int
) -> None:
    capacity = 10**meter.digits * 1000
    history = [PastReading((before % capacity,), TODAY - timedelta(30 + gap), SEPTEMBER)]
    result = check((value,), meter, history, TODAY, RULES)
    suggestion = getattr(result, "suggestion", None)
    if suggestion is not None:
        again = check(suggestion, meter, history, TODAY, RULES)
        assert isinstance(again, Accepted)


@given(meter=METERS, before=VALUES, value=VALUES)
def test_consumption_is_never_negative_and_fits_the_register(
    meter: MeterFacts, before: int, value: int
) -> None:
    history = [PastReading((before % (10**meter.digits * 1000),), date(2026, 10, 19), OCTOBER)]
    result = check((value,), meter, history, TODAY, RULES, confirmed=tuple(Question))
    if isinstance(result, Accepted):
        assert (result.consumption == ()) == (Mark.REPLACED in result.marks)
        assert min(result.consumption, default=0) >= 0
        assert result.values[0] % 10 ** (3 - meter.decimals) == 0
        assert result.values[0] < 10**meter.digits * 1000
