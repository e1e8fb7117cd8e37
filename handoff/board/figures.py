"""The figures of a period, computed from rows: plain functions, no I/O.

Only working time counts as waiting: of a question asked on Friday evening and answered on Monday
at five past eight, five minutes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import mean, quantiles
from zoneinfo import ZoneInfo

from handoff.models import ClockKind, Outcome

# The chart of first answers, minutes.
STEPS = (2, 5, 10, 15, 30, 60)
# Working time between two moments.
Span = Callable[[datetime, datetime], timedelta]


@dataclass(frozen=True, slots=True)
class Wrote:
    """A customer's message. ``intent`` is empty where nothing was understood; ``sure``: whether
    the assistant was sure of it."""

    conversation_id: int
    channel: str
    at: datetime
    intent: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Ran:
    """A clock of an answer, with whose it was."""

    kind: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    operator: str
    group: str


@dataclass(frozen=True, slots=True)
class Rated:
    score: int
    operator: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """``share``: of those that ended or are late, how many were in time, 0 to 1; times in minutes
    of work, None where nothing has ended."""

    count: int = 0
    share: float | None = None
    median: float | None = None
    p90: float | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An operator or a group."""

    name: str
    first: Answers
    next: Answers
    matter: Answers
    rating: float | None
    ratings: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``contacts``: conversation and local day with a word of the customer. ``days``: contacts by
    day, every day of the period that has one and those between; ``waits``: first answers by how
    many minutes they took."""

    contacts: int
    messages: int
    alone: float | None
    handed_over: int
    not_understood: float | None
    channels: Sequence[tuple[str, int]]
    subjects: Sequence[tuple[str, int]]
    hours: Sequence[tuple[str, int]]
    days: Sequence[tuple[str, int]]
    waits: Sequence[tuple[str, int]]
    answers: Mapping[str, Answers]
    rating: float | None
    ratings: Sequence[tuple[str, int]]
    operators: Sequence[Row] = field(default_factory=list)
    groups: Sequence[Row] = field(default_factory=list)


def figures(
    wrote: Sequence[Wrote],
    ran: Sequence[Ran],
    rated: Sequence[Rated],
    handed_over: Iterable[tuple[int, datetime]],
    *,
    zone: ZoneInfo,
    span: Span,
    title: Callable[[str], str],
) -> Figures:
    """``handed_over``: conversations with the moment when an operator was asked for."""
    days: dict[tuple[int, str], Wrote] = {}
    subject: dict[tuple[int, str], str] = {}
    for one in sorted(wrote, key=lambda message: message.at):
        key = (one.conversation_id, _day(one.at, zone))
        days.setdefault(key, one)
        if one.intent and title(one.intent):
            subject.setdefault(key, title(one.intent))
    asked = {(conversation, _day(at, zone)) for conversation, at in handed_over}
    hours = Counter(one.at.astimezone(zone).hour for one in days.values())
    scores = Counter(one.score for one in rated)
    understood = [one for one in wrote if one.intent]
    return Figures(
        contacts=len(days),
        messages=len(wrote),
        alone=_share(len(days.keys() - asked), len(days)),
        handed_over=len(asked),
        not_understood=_share(sum(not one.sure for one in understood), len(understood)),
        channels=Counter(one.channel for one in days.values()).most_common(),
        subjects=Counter(subject.values()).most_common(15),
        hours=[(str(hour), hours[hour]) for hour in range(24)],
        days=_days(day for _, day in days),
        waits=_waits(ran, span),
        answers={
            kind.value: answers([r for r in ran if r.kind == kind], span) for kind in ClockKind
        },
        rating=mean(one.score for one in rated) if rated else None,
        ratings=[(str(score), scores[score]) for score in range(5, 0, -1)],
        operators=_rows(ran, rated, span, lambda one: one.operator),
        groups=_rows(ran, rated, span, lambda one: one.group),
    )


def answers(ran: Sequence[Ran], span: Span) -> Answers:
    """Dropped clocks count for nothing: the customer waited for nobody any more."""
    counted = [one for one in ran if one.outcome in (Outcome.MET, Outcome.MISSED)]
    met = sum(one.outcome == Outcome.MET for one in counted)
    minutes = sorted(
        span(one.started_at, one.ended_at) / timedelta(minutes=1)
        for one in counted
        if one.ended_at is not None
    )
    return Answers(
        count=len(counted),
        share=_share(met, len(counted)),
        median=percentile(minutes, 50),
        p90=percentile(minutes, 90),
        mean=mean(minutes) if minutes else None,
    )


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Of sorted values; None of none."""
    if len(values) < 2:
        return values[0] if values else None
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def by_month(
    ran: Sequence[Ran], *, zone: ZoneInfo, span: Span
) -> list[tuple[str, Answers, Answers]]:
    """«2026-11», the waiting for the first answer and the service to the end of the matter [41]."""
    months: dict[str, list[Ran]] = {}
    for one in ran:
        months.setdefault(f"{one.started_at.astimezone(zone):%Y-%m}", []).append(one)
    return [
        (
            month,
            answers([one for one in of if one.kind == ClockKind.FIRST_ANSWER], span),
            answers([one for one in of if one.kind == ClockKind.MATTER], span),
        )
        for month, of in sorted(months.items(), reverse=True)
    ]


def _rows(
    ran: Sequence[Ran], rated: Sequence[Rated], span: Span, name: Callable[[Ran | Rated], str]
) -> list[Row]:
    found = []
    for who in sorted({name(one) for one in ran if name(one)}):
        own = [one for one in ran if name(one) == who]
        scores = [one.score for one in rated if name(one) == who]
        found.append(
            Row(
                who,
                answers([one for one in own if one.kind == ClockKind.FIRST_ANSWER], span),
                answers([one for one in own if one.kind == ClockKind.NEXT_ANSWER], span),
                answers([one for one in own if one.kind == ClockKind.MATTER], span),
                mean(scores) if scores else None,
                len(scores),
            )
        )
    return found


def _days(days: Iterable[str]) -> list[tuple[str, int]]:
    """«18.11» with the number of contacts, without holes between the first and the last."""
    counts = Counter(days)
    if not counts:
        return []
    day, last = date.fromisoformat(min(counts)), date.fromisoformat(max(counts))
    found = []
    while day <= last:
        found.append((f"{day:%d.%m}", counts[day.isoformat()]))
        day += timedelta(days=1)
    return found


def _waits(ran: Sequence[Ran], span: Span) -> list[tuple[str, int]]:
    minutes = [
        span(one.started_at, one.ended_at) / timedelta(minutes=1)
        for one in ran
        if one.kind == ClockKind.FIRST_ANSWER
        and one.ended_at is not None
        and one.outcome in (Outcome.MET, Outcome.MISSED)
    ]
    found, lowest = [], -1.0
    for highest in STEPS:
        name = f"до {highest}"
        found.append((name, sum(lowest < one <= highest for one in minutes)))
        lowest = highest
    return [*found, (f"дольше {STEPS[-1]}", sum(one > STEPS[-1] for one in minutes))]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()
