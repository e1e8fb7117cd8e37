from datetime import datetime
from pathlib import Path

import pytest

from nlu.evaluation import evaluate
from nlu.training_data import Annotation, Example
from nlu.types import Entity, Ranked, Understanding
from tests.nlu.conftest import NOW


class Scripted:
    """Answers what it was told to."""

    model_id = "scripted"

    def __init__(self, answers: dict[str, Understanding]) -> None:
        self._answers = answers

    def parse(self, text: str, *, now: datetime) -> Understanding:
        return self._answers.get(text, Understanding(text, "greet", 1.0))


def answer(
    text: str, *ranking: tuple[str, float], entities: tuple[Entity, ...] = ()
) -> Understanding:
    ranked = tuple(Ranked(intent, share) for intent, share in ranking)
    return Understanding(text, ranked[0].intent, ranked[0].confidence, ranked, entities)


def example(text: str, intent: str, *annotations: Annotation) -> Example:
    return Example(text, intent, annotations, Path("x.yml"), 1)


EXAMPLES = [
    example("долг", "balance"),
    example("пени", "faq/penalty"),
    example("искрит", "danger"),
    example("погода", "out_of_scope"),
]
ANSWERS = {
    "долг": answer("долг", ("balance", 0.9), ("pay", 0.1)),
    "пени": answer("пени", ("charges", 0.4), ("balance", 0.3), ("faq/penalty", 0.2)),
    "искрит": answer("искрит", ("danger", 0.8), ("power_outage", 0.2)),
    "погода": answer("погода", ("balance", 0.3), ("pay", 0.2)),
}


def test_shares_of_right_answers() -> None:
    report = evaluate(Scripted(ANSWERS), EXAMPLES, now=NOW)

    assert report.n == 4
    assert report.accuracy == 0.5
    assert report.top3_accuracy == 0.75
    assert report.groups == {"faq": 0.0, "service": 1.0, "talk": 0.0}
    assert report.danger_recall == 1.0
    assert report.intents["balance"].precision == 0.5
    assert report.intents["balance"].recall == 1.0


def test_the_curve_counts_what_is_held_back() -> None:
    report = evaluate(Scripted(ANSWERS), EXAMPLES, now=NOW)
    curve = {point.threshold: point for point in report.oos_curve}

    assert curve[0.0].in_scope_accuracy == pytest.approx(2 / 3)
    assert curve[0.0].out_of_scope_recall == 0.0
    assert curve[0.5].out_of_scope_recall == 1.0
    assert curve[0.85].in_scope_accuracy == pytest.approx(1 / 3)


def test_calibration_error_is_the_gap_between_confidence_and_truth() -> None:
    report = evaluate(Scripted(ANSWERS), EXAMPLES, now=NOW)

    # Each answer is alone in its bin.
    assert report.ece == pytest.approx((0.1 + 0.4 + 0.2 + 0.3) / 4)


def test_entities_by_overlap_kind_and_role() -> None:
    text = "день 4471 ночь 22 за октябрь"
    marked = example(
        text,
        "submit_reading",
        Annotation("reading", 5, 9, "day"),
        Annotation("reading", 15, 17, "night"),
        Annotation("date", 21, 28),
    )
    found = (
        Entity("reading", "4471", 5, 9, "day"),
        Entity("reading", "22", 15, 17, "day"),
        Entity("date", "2026-10", 18, 28),
        Entity("amount", "22", 15, 17, confidence=0.3),
    )
    report = evaluate(
        Scripted({text: answer(text, ("submit_reading", 1.0), entities=found)}), [marked], now=NOW
    )

    assert (report.entities["reading"].right, report.entities["reading"].wrong) == (1, 1)
    assert report.entities["reading"].missed == 1
    assert report.entities["date"].f1 == 1.0
    assert "amount" not in report.entities, "a mere candidate does not count"


def test_single_is_no_role() -> None:
    marked = example("4471", "submit_reading", Annotation("reading", 0, 4, "single"))
    found = (Entity("reading", "4471", 0, 4),)
    report = evaluate(
        Scripted({"4471": answer("4471", ("submit_reading", 1.0), entities=found)}),
        [marked],
        now=NOW,
    )

    assert report.entity_total.f1 == 1.0


def test_a_wrong_value_counts_where_values_count() -> None:
    marked = example("плачу 1500", "pay", Annotation("amount", 6, 10))
    found = (Entity("amount", "15", 6, 8),)
    report = evaluate(
        Scripted({"плачу 1500": answer("плачу 1500", ("pay", 1.0), entities=found)}),
        [marked],
        now=NOW,
    )

    assert report.entity_total.f1 == 1.0
    assert report.value_total.f1 == 0.0


def test_latencies_come_from_the_clock() -> None:
    ticks = iter(range(100))
    report = evaluate(Scripted(ANSWERS), EXAMPLES, now=NOW, clock=lambda: float(next(ticks)))

    assert report.latency_p50 == 1000
    assert report.per_second == 1


def test_json_has_the_agreed_keys() -> None:
    report = evaluate(Scripted(ANSWERS), EXAMPLES, now=NOW).to_json()

    agreed = {"accuracy", "macro_f1", "top3_accuracy", "entity_f1", "oos_curve", "ece", "n"}
    assert agreed <= set(report)
    assert set(report["latency_ms"]) == {"p50", "p99"}


def test_the_worst_pairs_come_with_examples() -> None:
    report = evaluate(Scripted(ANSWERS), EXAMPLES, now=NOW)

    pairs = {(one.expected, one.predicted): one.examples for one in report.confusions}
    assert pairs == {
        ("faq/penalty", "charges"): ("пени",),
        ("out_of_scope", "balance"): ("погода",),
    }
