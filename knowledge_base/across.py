"""What is wrong with an article only beside the others of the base. Plain rules, no I/O.

Each finding is the later article's topic and the problem.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from knowledge_base.article_text import ArticleText, fold
from knowledge_base.errors import Problem
from knowledge_base.front_matter import TOPIC
from knowledge_base.terms import is_outdated

Texts = Mapping[str, ArticleText]
Finding = tuple[str, Problem]


def find_all(texts: Texts, today: date) -> Iterator[Finding]:
    """``texts``: the whole base by topic; ``today``: the company's day."""
    yield from _same_questions(texts)
    yield from _same_texts(texts)
    yield from _dead_ends(texts)
    yield from _circles(texts)
    for topic, text in texts.items():
        if is_outdated(text.review_by, today):
            message = f"Срок просмотра прошёл ({text.review_by}): клиентам статью не показываем"
            yield topic, Problem(message, "review_by")


def _same_questions(texts: Texts) -> Iterator[Finding]:
    """The assistant could not tell the articles apart."""
    seen: dict[str, str] = {}
    for topic, text in texts.items():
        for number, question in enumerate(text.questions):
            other = seen.setdefault(fold(question), topic)
            if other != topic:
                message = f"Вопрос «{question}» уже стоит в статье {other}"
                yield topic, Problem(message, f"questions.{number}")


def _same_texts(texts: Texts) -> Iterator[Finding]:
    for field, what in (("title", "Такой заголовок"), ("body", "Такой же ответ")):
        seen: dict[str, str] = {}
        for topic, text in texts.items():
            other = seen.setdefault(fold(getattr(text, field)), topic)
            if other != topic:
                yield topic, Problem(f"{what} уже есть у статьи {other}", field)


def _dead_ends(texts: Texts) -> Iterator[Finding]:
    for topic, text in texts.items():
        for number, button in enumerate(text.buttons):
            if TOPIC.fullmatch(button.intent) and button.intent not in texts:
                message = f"Кнопка «{button.label}» ведёт к статье {button.intent}, а её нет"
                yield topic, Problem(message, f"buttons.{number}")


def _circles(texts: Texts) -> Iterator[Finding]:
    """Articles whose buttons lead to each other and to nothing else: a customer who presses them
    comes back to where he was."""
    ways = {
        topic: [button.intent or button.url for button in text.buttons]
        for topic, text in texts.items()
    }
    told: set[str] = set()
    for start in texts:
        round_trip = _reached(start, ways)
        closed = all(ways.get(place) for place in round_trip)
        if start in told or not closed or start not in round_trip:
            continue
        told |= round_trip
        path = " → ".join([start, *sorted(round_trip - {start}), start])
        yield start, Problem(f"Кнопки ходят по кругу: {path}", "buttons")


def _reached(start: str, ways: Mapping[str, list[str]]) -> set[str]:
    """Everywhere the buttons lead from ``start``, near and far."""
    found: set[str] = set()
    waiting = list(ways[start])
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += ways.get(place, ())
    return found
