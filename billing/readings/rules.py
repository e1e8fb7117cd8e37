"""Is this reading acceptable? Rules of the domain, with no I/O.

Register values and energy are integer thousandths of a kWh. The values of a meter are a tuple in
the order of its registers: (only,), (day, night) or (peak, night, half-peak).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from billing.money import THOUSANDTHS
from billing.readings.slips import likely_meant

Values = tuple[int, ...]

SHORTEST_SPAN_DAYS = 20  # a usual day is not told from fewer


class Outside(StrEnum):
    """What happens to a reading given outside the acceptance days."""

    NEXT_PERIOD = "next_period"
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why a reading is not taken."""

    WRONG_ZONES = "wrong_zones"  # not as many values as the meter has registers
    TOO_MANY_DIGITS = "too_many_digits"
    LESS_THAN_BEFORE = "less_than_before"
    ABSURD = "absurd"  # more than the line can carry
    ALREADY_TAKEN = "already_taken"  # the very same is in force for this period
    METER_REMOVED = "meter_removed"
    ACCOUNT_CLOSED = "account_closed"
    OUTSIDE_DAYS = "outside_days"


class Question(StrEnum):
    """What the customer has to confirm before the reading is taken."""

    ROLLOVER = "rollover"  # the register has passed through zero
    UNUSUAL = "unusual"  # far above what this account usually consumes
    ZERO = "zero"  # nothing consumed since the reading before
    CORRECTION = "correction"  # lower than what is in force for this period
    REPLACED = "replaced"  # never asked: the customer says so where the reading was too low


class Mark(StrEnum):
    """Why an employee looks at a reading before it counts."""

    ROLLOVER = "rollover"
    UNUSUAL = "unusual"
    CORRECTION = "correction"
    REPLACED = "replaced"  # another meter is there, the customer says
    REMOTE = "remote"  # the meter sends its readings itself; the customer's is a claim
    VERIFICATION_EXPIRED = "verification_expired"
    UNVERIFIED = "unverified"  # given by account number alone


@dataclass(frozen=True, slots=True)
class AcceptanceRules:
    """The profile's rules. Days are of the month, inclusive; ``*_kwh`` are whole kWh.

    Consumption is unusual above ``unusual_factor`` times the account's usual, but never below
    ``unusual_floor_kwh`` a day; ``typical_kwh`` a day stands for an account without history.
    """

    first_day: int = 1
    last_day: int = 31
    outside: Outside = Outside.NEXT_PERIOD
    unusual_factor: int = 3
    unusual_floor_kwh: int = 10
    typical_kwh: int = 10
    absurd_kwh: int = 500


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """What a check has to know of a meter; ``account_closed_on`` is its account's."""

    zones: int
    digits: int
    decimals: int = 0
    ratio: int = 1
    remote: bool = False
    verification_due: date | None = None
    removed_on: date | None = None
    account_closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class PastReading:
    """A reading in force, or (``accepted`` False) one that waits for review."""

    values: Values
    taken_on: date
    period: date
    accepted: bool = True
    number: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a reading given today meets: it counts for ``period``, its consumption since
    ``previous`` (the last of an earlier period), and it would replace ``in_force`` or
    ``in_review``. ``outside``: today is outside the acceptance days.
    """

    period: date
    outside: bool
    previous: PastReading | None = None
    in_force: PastReading | None = None
    in_review: PastReading | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """May be taken. With ``marks`` it goes to review first.

    ``values`` are cut to what the register shows. ``consumption`` is by register since
    ``previous``, the transformers' ratio included; empty when nothing was known before.
    ``outside``: given outside the acceptance days and counted for ``period``.
    ``replaces`` is the reading of the same period that is in force now.
    """

    values: Values
    period: date
    consumption: Values = ()
    previous: PastReading | None = None
    replaces: PastReading | None = None
    outside: bool = False
    marks: tuple[Mark, ...] = ()

    @property
    def total(self) -> int | None:
        """Thousandths of a kWh over all registers; ``None`` when not known."""
        return sum(self.consumption) if self.consumption else None


@dataclass(frozen=True, slots=True)
class NeedsConfirmation:
    """Taken as ``reading`` once the customer confirms ``questions``; or he meant ``suggestion``."""

    questions: tuple[Question, ...]
    reading: Accepted
    suggestion: Values | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Not taken. ``zone`` (from 1) is the register at fault; ``suggestion`` what was likely meant.

    ``consumption`` is the absurd one, ``existing`` the same reading already taken, ``since`` the
    day the meter was removed or the account closed.
    """

    reason: Reason
    zone: int | None = None
    suggestion: Values | None = None
    previous: PastReading | None = None
    existing: PastReading | None = None
    consumption: int | None = None
    since: date | None = None


Check = Accepted | NeedsConfirmation | Refused


def period_of(today: date, rules: AcceptanceRules) -> tuple[date, bool]:
    """The month a reading given today counts for, and whether today is outside the days."""
    month = today.replace(day=1)
    if today.day > rules.last_day:
        return next_month(month), True
    return month, today.day < rules.first_day


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def usual_per_day(history: Sequence[PastReading], ratio: int = 1) -> int | None:
    """Thousandths of a kWh a day over the accepted ``history`` (any order), or ``None``.

    Stretches in which a register went back (rollover) are left out.
    """
    accepted = sorted((past for past in history if past.accepted), key=lambda past: past.taken_on)
    energy = days = 0
    for earlier, later in pairwise(accepted):
        used = [new - old for old, new in zip(earlier.values, later.values, strict=False)]
        if min(used) >= 0:
            energy += sum(used) * ratio
            days += (later.taken_on - earlier.taken_on).days
    return energy // days if days >= SHORTEST_SPAN_DAYS else None


def standing(
    history: Sequence[PastReading], zones: int, today: date, rules: AcceptanceRules
) -> Standing:
    """``history`` as ``check`` takes it."""
    period, outside = period_of(today, rules)
    history = _of_zones(history, zones)
    accepted = _in_order(history)
    in_force = accepted[-1] if accepted and accepted[-1].period >= period else None
    if in_force:
        period = in_force.period
    return Standing(
        period,
        outside,
        previous=next((past for past in reversed(accepted) if past.period < period), None),
        in_force=in_force,
        in_review=next(
            (past for past in history if not past.accepted and past.period == period), None
        ),
    )


def check(
    values: Values,
    meter: MeterFacts,
    history: Sequence[PastReading],
    today: date,
    rules: AcceptanceRules,
    confirmed: Collection[Question] = (),
) -> Check:
    """Judge a reading given ``today``.

    ``history`` holds the meter's readings in force and under review, in any order. Questions in
    ``confirmed`` are not asked again. No answer to any question makes a reading that is lower
    than an accepted one count without review.
    """
    if refusal := _closed(meter, today):
        return refusal
    if len(values) != meter.zones:
        return Refused(Reason.WRONG_ZONES)
    stands = standing(history, meter.zones, today, rules)
    if stands.outside and rules.outside is Outside.REFUSE:
        return Refused(Reason.OUTSIDE_DAYS)
    previous, in_force = stands.previous, stands.in_force
    accepted = _in_order(_of_zones(history, meter.zones))
    scale = _Scale.of(meter, accepted, previous or in_force, today, rules)

    raw, values = values, tuple(value - value % scale.step for value in values)
    for zone, value in enumerate(values, 1):
        if value >= scale.capacity:
            return Refused(
                Reason.TOO_MANY_DIGITS,
                zone=zone,
                suggestion=scale.meant(raw, previous),
                previous=previous,
            )
    for existing in (in_force, stands.in_review):
        if existing and existing.values == values:
            return Refused(Reason.ALREADY_TAKEN, existing=existing, previous=previous)

    replaced = Question.REPLACED in confirmed
    found = (
        _consumption(raw, values, meter, previous, scale, replaced=replaced)
        if previous
        else _Found()
    )
    if isinstance(found, Refused):
        return found
    questions, marks = list(found.questions), list(found.marks)
    if in_force:
        if _lower(values, in_force.values, previous, scale.capacity):
            questions.append(Question.CORRECTION)
            marks.append(Mark.CORRECTION)
        elif previous is None and sum(values) - sum(in_force.values) > scale.limit // meter.ratio:
            questions.append(Question.UNUSUAL)
            marks.append(Mark.UNUSUAL)
    if meter.remote:
        marks.append(Mark.REMOTE)
    if meter.verification_due and meter.verification_due < today:
        marks.append(Mark.VERIFICATION_EXPIRED)

    reading = Accepted(
        values=values,
        period=stands.period,
        consumption=() if Mark.REPLACED in marks else consumed(values, previous, meter),
        previous=previous,
        replaces=in_force,
        outside=stands.outside,
        marks=tuple(marks),
    )
    unanswered = tuple(question for question in questions if question not in confirmed)
    return NeedsConfirmation(unanswered, reading, found.suggestion) if unanswered else reading


def _of_zones(history: Sequence[PastReading], zones: int) -> list[PastReading]:
    """A meter that was set to other zones has readings that tell nothing about these."""
    return [past for past in history if len(past.values) == zones]


def _in_order(history: Sequence[PastReading]) -> list[PastReading]:
    """Those in force, by their periods."""
    return sorted((past for past in history if past.accepted), key=lambda past: past.period)


@dataclass(frozen=True, slots=True)
class _Scale:
    """What is much and what is possible since the reading compared with; energy in thousandths."""

    capacity: int  # of a register
    step: int  # the finest a register shows
    expected: int
    limit: int  # above it, consumption is unusual
    absurd: int
    ratio: int

    @classmethod
    def of(
        cls,
        meter: MeterFacts,
        accepted: Sequence[PastReading],
        compared: PastReading | None,
        today: date,
        rules: AcceptanceRules,
    ) -> "_Scale":
        days = max(1, (today - compared.taken_on).days) if compared else 1
        usual = usual_per_day(accepted, meter.ratio)
        typical = usual if usual is not None else rules.typical_kwh * THOUSANDTHS
        most = max(rules.unusual_factor * typical, rules.unusual_floor_kwh * THOUSANDTHS)
        return cls(
            capacity=_power(meter.digits) * THOUSANDTHS,
            step=_power(3 - meter.decimals),
            expected=days * typical,
            limit=days * most,
            absurd=days * rules.absurd_kwh * THOUSANDTHS * meter.ratio,
            ratio=meter.ratio,
        )

    def meant(self, raw: Values, previous: PastReading | None) -> Values | None:
        return likely_meant(
            raw,
            previous.values if previous else None,
            capacity=self.capacity,
            step=self.step,
            most=self.limit // self.ratio,
            expected=self.expected // self.ratio,
        )


@dataclass(frozen=True, slots=True)
class _Found:
    questions: tuple[Question, ...] = ()
    marks: tuple[Mark, ...] = ()
    suggestion: Values | None = None


def _consumption(
    raw: Values,
    values: Values,
    meter: MeterFacts,
    previous: PastReading,
    scale: _Scale,
    *,
    replaced: bool,
) -> _Found | Refused:
    """What was consumed since ``previous``, and what is odd about it."""
    consumption = consumed(values, previous, meter)
    total = sum(consumption)
    lower = [zone for zone, value in enumerate(values, 1) if value < previous.values[zone - 1]]
    # Hardly anything goes round half the register unnoticed: that is a wrong figure.
    too_far = max(consumption) > scale.capacity // 2 * meter.ratio
    if lower and (total > scale.limit or too_far):
        if replaced:
            return _Found(marks=(Mark.REPLACED,))
        return Refused(
            Reason.LESS_THAN_BEFORE,
            zone=lower[0],
            suggestion=scale.meant(raw, previous),
            previous=previous,
        )
    if total > scale.absurd:
        return Refused(
            Reason.ABSURD,
            suggestion=scale.meant(raw, previous),
            previous=previous,
            consumption=total,
        )
    if lower:
        return _Found((Question.ROLLOVER,), (Mark.ROLLOVER,))
    if total > scale.limit:
        return _Found((Question.UNUSUAL,), (Mark.UNUSUAL,), scale.meant(raw, previous))
    return _Found((Question.ZERO,) if total == 0 else ())


def consumed(values: Values, previous: PastReading | None, meter: MeterFacts) -> Values:
    """Thousandths of a kWh by register since ``previous``, through zero where it went back.

    Empty when there is nothing to compare with.
    """
    if previous is None or len(previous.values) != len(values):
        return ()
    capacity = _power(meter.digits) * THOUSANDTHS
    return tuple(
        (new - old) % capacity * meter.ratio
        for old, new in zip(previous.values, values, strict=True)
    )


def _closed(meter: MeterFacts, today: date) -> Refused | None:
    if meter.account_closed_on and meter.account_closed_on <= today:
        return Refused(Reason.ACCOUNT_CLOSED, since=meter.account_closed_on)
    if meter.removed_on and meter.removed_on <= today:
        return Refused(Reason.METER_REMOVED, since=meter.removed_on)
    return None


def _lower(new: Values, old: Values, previous: PastReading | None, capacity: int) -> bool:
    """Does any register of ``new`` show less than ``old``, both counted from ``previous``?"""
    start = previous.values if previous else (0,) * len(new)
    return any(
        (now - zero) % capacity < (then - zero) % capacity
        for now, then, zero in zip(new, old, start, strict=True)
    )


def _power(exponent: int) -> int:
    return int(10**exponent)
