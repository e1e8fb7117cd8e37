import pytest

from nlu.context import Context, in_context, read_rating
from nlu.types import Ranked, Understanding
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
    read = in_context(understood(text, "out_of_scope", 0.4), Context(intent=last), now=NOW)

    assert read.intent == last
    assert read.ranking[0].intent == last


def test_the_follow_ups_month_is_read() -> None:
    read = in_context(
        understood("а за прошлый месяц?", "help", 0.3), Context(intent="charges"), now=NOW
    )

    assert [entity.value for entity in read.of("date")] == ["2026-10"]


def test_a_clear_question_is_not_bent() -> None:
    clear = understood("а где офис?", "faq/offices", 0.95)

    assert in_context(clear, Context(intent="charges"), now=NOW) == clear


def test_a_long_message_is_no_follow_up() -> None:
    long = understood("а вот скажите мне пожалуйста что вы думаете о погоде", "out_of_scope", 0.5)

    assert in_context(long, Context(intent="charges"), now=NOW) == long


@pytest.mark.parametrize(
    ("text", "expects", "intent", "value"),
    [
        ("12345", "reading", "submit_reading", "12345"),
        ("12345678", "account_number", "link_account", "12345678"),
        ("4400 1234 5678", "account_number", "link_account", "440012345678"),
        ("55", "request_number", "request_status", "55"),
        ("9161234567", "phone", "callback", "+79161234567"),
        ("вот 4512,7", "reading", "submit_reading", "4512.7"),
    ],
)
def test_a_number_is_what_was_asked_for(text: str, expects: str, intent: str, value: str) -> None:
    read = in_context(understood(text, "submit_reading", 0.6), Context(expects=expects), now=NOW)

    assert read.intent == intent
    assert [entity.value for entity in read.of(expects)] == [value]


def test_another_question_in_between_stays_one() -> None:
    question = understood("а сколько у меня долг за октябрь", "balance", 0.97)

    assert in_context(question, Context(expects="date"), now=NOW) == question


def test_danger_is_never_bent() -> None:
    alarm = understood("а искрит", "danger", 0.6)

    assert in_context(alarm, Context("charges", "reading"), now=NOW) == alarm


def test_yes_stays_yes() -> None:
    yes = understood("да", "affirm", 0.99)

    assert in_context(yes, Context("charges", "reading"), now=NOW) == yes


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
