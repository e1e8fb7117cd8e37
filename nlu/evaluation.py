"""How well an engine understands a file of labelled messages: figures, tables, confusions."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from nlu.entities import SURE
from nlu.taxonomy import DANGER, OUT_OF_SCOPE, group_of
from nlu.training_data import Annotation, Example
from nlu.types import Engine, Entity, Understanding

_TOP: Final = 3
_BINS: Final = 10
_CURVE: Final = (*(step / 20 for step in range(20)), 0.97, 0.99)
_EXAMPLES_PER_PAIR: Final = 3
_WORST_PAIRS: Final = 25


@dataclass(frozen=True, slots=True)
class Counts:
    """Found rightly, found wrongly, missed; and the usual shares of them."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        return _share(2 * self.right, 2 * self.right + self.wrong + self.missed)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Taking answers below the threshold for «not ours».

    ``in_scope_accuracy``: in-scope messages answered, and rightly. ``out_of_scope_recall``:
    messages out of scope that were not answered.
    """

    threshold: float
    in_scope_accuracy: float
    out_of_scope_recall: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often one label was taken for another, with examples."""

    expected: str
    predicted: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The result over one set of messages; shares are 0 to 1, times milliseconds."""

    n: int
    accuracy: float
    macro_f1: float
    top3_accuracy: float
    groups: dict[str, float]
    intents: dict[str, Counts]
    entities: dict[str, Counts]
    entity_total: Counts
    value_total: Counts
    """As ``entity_total``, where the value must be right as well."""
    oos_curve: tuple[CurvePoint, ...]
    ece: float
    danger_recall: float | None
    latency_p50: float
    latency_p99: float
    per_second: float
    confusions: tuple[Confusion, ...]

    def to_json(self) -> dict[str, Any]:
        """One object; the keys up to ``n`` are fixed, the rest may grow."""
        return {
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "top3_accuracy": self.top3_accuracy,
            "entity_f1": self.entity_total.f1,
            "oos_curve": [asdict(point) for point in self.oos_curve],
            "ece": self.ece,
            "latency_ms": {"p50": self.latency_p50, "p99": self.latency_p99},
            "n": self.n,
            "groups": self.groups,
            "danger_recall": self.danger_recall,
            "entity_value_f1": self.value_total.f1,
            "entities": {name: _counts_json(counts) for name, counts in self.entities.items()},
            "intents": {name: _counts_json(counts) for name, counts in self.intents.items()},
            "messages_per_second": self.per_second,
            "confusions": [asdict(confusion) for confusion in self.confusions],
        }


def evaluate(
    engine: Engine,
    examples: Sequence[Example],
    *,
    now: datetime,
    clock: Callable[[], float] = time.perf_counter,
    progress: Callable[[float], None] | None = None,
) -> Report:
    """Parse every example and compare. ``clock`` gives seconds, for the latencies only."""
    engine.parse("разогрев", now=now)
    understood: list[Understanding] = []
    times: list[float] = []
    for index, example in enumerate(examples):
        begun = clock()
        understood.append(engine.parse(example.text, now=now))
        times.append((clock() - begun) * 1000)
        if progress is not None:
            progress((index + 1) / len(examples))
    expected = [example.intent for example in examples]
    predicted = [one.intent for one in understood]
    intents = _per_intent(expected, predicted)
    entities, total = _entities(examples, understood, lambda _, __: True)
    values = _entities(
        examples, understood, lambda marked, found: _same_value(engine, marked, found, now)
    )[1]
    right = [one == other for one, other in zip(expected, predicted, strict=True)]
    times.sort()
    danger = intents.get(DANGER)
    return Report(
        n=len(examples),
        accuracy=_share(sum(right), len(examples)),
        macro_f1=_mean([intents[intent].f1 for intent in set(expected)]),
        top3_accuracy=_share(sum(map(_in_top, expected, understood)), len(examples)),
        groups=_groups(expected, right),
        intents=intents,
        entities=entities,
        entity_total=total,
        value_total=values,
        oos_curve=_curve(expected, understood),
        ece=_calibration_error(right, understood),
        danger_recall=danger.recall if danger and danger.right + danger.missed else None,
        latency_p50=_quantile(times, 0.5),
        latency_p99=_quantile(times, 0.99),
        per_second=_share(1000 * len(times), sum(times)),
        confusions=_confusions(examples, predicted),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return _share(sum(values), len(values))


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _in_top(expected: str, understood: Understanding) -> bool:
    return expected in [ranked.intent for ranked in understood.ranking[:_TOP]]


def _per_intent(expected: Sequence[str], predicted: Sequence[str]) -> dict[str, Counts]:
    right = Counter(one for one, other in zip(expected, predicted, strict=True) if one == other)
    wanted, given = Counter(expected), Counter(predicted)
    return {
        intent: Counts(right[intent], given[intent] - right[intent], wanted[intent] - right[intent])
        for intent in sorted(set(wanted) | set(given))
    }


def _groups(expected: Sequence[str], right: Sequence[bool]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for intent, good in zip(expected, right, strict=True):
        found[group_of(intent)].append(float(good))
    return {group: _mean(values) for group, values in sorted(found.items())}


def _entities(
    examples: Sequence[Example],
    understood: Sequence[Understanding],
    agree: Callable[[tuple[Example, Annotation], Entity], bool],
) -> tuple[dict[str, Counts], Counts]:
    """By kind and in total: same kind and role («single» is no role), spans overlap."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for example, one in zip(examples, understood, strict=True):
        left = [entity for entity in one.entities if entity.confidence >= SURE]
        for marked in example.annotations:
            match = next(
                (
                    found
                    for found in left
                    if _fits(marked, found) and agree((example, marked), found)
                ),
                None,
            )
            if match is None:
                missed[marked.entity] += 1
            else:
                left.remove(match)
                right[marked.entity] += 1
        wrong.update(found.entity for found in left)
    kinds = sorted({*right, *wrong, *missed})
    by_kind = {kind: Counts(right[kind], wrong[kind], missed[kind]) for kind in kinds}
    return by_kind, Counts(right.total(), wrong.total(), missed.total())


def _fits(marked: Annotation, found: Entity) -> bool:
    return (
        marked.entity == found.entity
        and (marked.role or "single") == (found.role or "single")
        and marked.start < found.end
        and found.start < marked.end
    )


def _same_value(
    engine: Engine, marked: tuple[Example, Annotation], found: Entity, now: datetime
) -> bool:
    """Whether the found value is the marked one: given in the file, or read from the marked
    words."""
    example, annotation = marked
    if annotation.value is not None:
        return annotation.value == found.value
    words = example.text[annotation.start : annotation.end]
    if found.start <= annotation.start and annotation.end <= found.end:
        return True
    alone = engine.parse(words, now=now).entities
    return _digits(words) == _digits(found.value) or found.value in [one.value for one in alone]


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit()).lstrip("0")


def _curve(expected: Sequence[str], understood: Sequence[Understanding]) -> tuple[CurvePoint, ...]:
    inside = [pair for pair in zip(expected, understood, strict=True) if pair[0] != OUT_OF_SCOPE]
    outside = [
        one for intent, one in zip(expected, understood, strict=True) if intent == OUT_OF_SCOPE
    ]
    points = []
    for threshold in _CURVE:
        answered = sum(
            one.intent == intent and one.confidence >= threshold for intent, one in inside
        )
        refused = sum(one.intent == OUT_OF_SCOPE or one.confidence < threshold for one in outside)
        points.append(
            CurvePoint(threshold, _share(answered, len(inside)), _share(refused, len(outside)))
        )
    return tuple(points)


def _calibration_error(right: Sequence[bool], understood: Sequence[Understanding]) -> float:
    """Expected calibration error: confidence against share of right answers, in ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for good, one in zip(right, understood, strict=True):
        bins[min(_BINS - 1, int(one.confidence * _BINS))].append((one.confidence, good))
    gaps = [
        abs(sum(confidence for confidence, _ in held) - sum(good for _, good in held))
        for held in bins.values()
    ]
    return _share(sum(gaps), len(right))


def _confusions(examples: Sequence[Example], predicted: Sequence[str]) -> tuple[Confusion, ...]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example, intent in zip(examples, predicted, strict=True):
        if example.intent != intent:
            found[example.intent, intent].append(example.text)
    worst = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))[:_WORST_PAIRS]
    return tuple(
        Confusion(pair[0], pair[1], len(texts), tuple(texts[:_EXAMPLES_PER_PAIR]))
        for pair, texts in worst
    )


def _counts_json(counts: Counts) -> dict[str, float]:
    return {
        "n": counts.right + counts.missed,
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
    }
