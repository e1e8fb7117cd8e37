import pytest

from nlu.context import follow_up, meant, number_after, read_rating
from nlu.types import Entity, Ranked, Understanding
from tests.nlu.conftest import NOW


def understood(text: str, intent: str, confidence: float) -> Understanding:
    return Understanding(text, intent, confidence, (Ranked(intent, confidence),))


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("а ночью?", "faq/tariffs"),
        ("а за прошлый месяц?", "charges"),
        ("и за сентябрь", "payment_history"),
    ],
)
def test_a_follow_up_asks_the_same_again(text: str, last: str) -> None:
    read = follow_up(understood(text, "out_of_scope", 0.4), last, now=NOW)

    assert read.intent == last
    assert read.ranking[0].intent == last


def test_the_follow_ups_month_is_read() -> None:
    read = follow_up(understood("а за прошлый месяц?", "help", 0.3), "charges", now=NOW)

    assert [entity.value for entity in read.of("date")] == ["2026-10"]


def test_a_clear_question_is_not_bent() -> None:
    clear = understood("а где офис?", "faq/offices", 0.95)

    assert follow_up(clear, "charges", now=NOW) == clear


def test_a_long_message_is_no_follow_up() -> None:
    long = understood("а вот скажите мне пожалуйста что вы думаете о погоде", "out_of_scope", 0.5)

    assert follow_up(long, "charges", now=NOW) == long


def test_a_debt_asked_about_by_month_is_a_charge() -> None:
    found = Understanding(
        "а за октябрь?", "help", 0.3, entities=(Entity("date", "2026-10", 5, 12),)
    )

    assert follow_up(found, "balance", now=NOW).intent == "charges"


def test_nothing_to_follow() -> None:
    found = understood("а ночью?", "out_of_scope", 0.4)

    assert follow_up(found, "", now=NOW) == found


@pytest.mark.parametrize(
    ("text", "intent", "entity", "value"),
    [
        ("12345", "submit_reading", "reading", "12345"),
        ("012345", "submit_reading", "reading", "12345"),
        ("12345678", "link_account", "account_number", "12345678"),
        ("4400 1234 5678", "balance", "account_number", "440012345678"),
        ("1500", "pay", "amount", "1500"),
        ("9161234567", "callback", "phone", "+79161234567"),
        ("вот 4512,7", "submit_reading", "reading", "4512.7"),
    ],
)
def test_a_number_is_what_its_writer_says(text: str, intent: str, entity: str, value: str) -> None:
    read = meant(text, intent, now=NOW)

    assert read.intent == intent
    assert [found.value for found in read.of(entity)] == [value]


@pytest.mark.parametrize(
    ("last", "intent"),
    [("faq/reading_deadline", "submit_reading"), ("balance", "balance"), ("faq/offices", "")],
)
def test_a_bare_number_after_an_answer(last: str, intent: str) -> None:
    assert number_after(last) == intent


def test_danger_is_never_bent() -> None:
    alarm = understood("а искрит", "danger", 0.6)

    assert follow_up(alarm, "charges", now=NOW) == alarm


def test_yes_stays_yes() -> None:
    yes = understood("да", "affirm", 0.99)

    assert follow_up(yes, "charges", now=NOW) == yes


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("5 из 5", 5),
        ("5", 5),
        ("пять", 5),
        ("4/5", 4),
        ("отлично!", 5),
        ("3 балла", 3),
        ("50", None),
    ],
)
def test_marks(text: str, mark: int | None) -> None:
    assert read_rating(text) == mark
