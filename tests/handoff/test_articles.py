"""Articles that are offered beside a question, and found for one."""

from collections.abc import Mapping

import pytest
from sqlalchemy import update

from conversations.models import Message
from handoff.inbox.articles import offered, search
from handoff.inbox.thread import last_question
from knowledge_base.answers import Answer
from knowledge_base.search import Document, Hit, SearchIndex
from tests.handoff.conftest import House

TITLES = {
    "faq/recalculation": "Перерасчёт",
    "faq/personal_data": "Персональные данные",
    "faq/penalty": "Пени за просрочку",
    "faq/tariffs": "Тарифы на электроэнергию",
    "faq/payment_methods": "Как и где оплатить электроэнергию",
    "info/outage": "Нет света",
}


class Base:
    """Articles with a title each."""

    def __init__(self) -> None:
        self._index = SearchIndex([Document(topic, title) for topic, title in TITLES.items()])

    def answer(self, topic: str) -> Answer | None:
        return Answer(topic, TITLES[topic], "Текст.", "", (), 1) if topic in TITLES else None

    def search(
        self, query: str, hints: Mapping[str, float] | None = None, *, limit: int = 10
    ) -> list[Hit]:
        return self._index.search(query, hints, limit=limit)


@pytest.mark.parametrize(
    ("ranking", "titles"),
    [
        # What it was taken for; a chance find of the third place is none.
        ([["faq/penalty", 0.9], ["faq/tariffs", 0.09], ["faq/personal_data", 0.003]],
         ["Пени за просрочку", "Тарифы на электроэнергию"]),
        # Answered by the billing system: what is near it.
        ([["charges", 0.73], ["operator", 0.25], ["faq/personal_data", 0.003]],
         ["Перерасчёт", "Тарифы на электроэнергию"]),
        ([["payment_status", 0.96], ["faq/recalculation", 0.034]],
         ["Перерасчёт", "Как и где оплатить электроэнергию"]),
        ([["power_outage", 0.99]], ["Нет света"]),
        ([], []),
    ],
)  # fmt: skip
def test_what_fits_the_question_is_offered(ranking: list[list[object]], titles: list[str]) -> None:
    found = offered(Base(), {"ranking": ranking})
    assert [one.title for one in found] == titles


def test_nothing_is_offered_for_what_was_not_read() -> None:
    assert offered(Base(), None) == []


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("пен", "Пени за просрочку"),
        ("тариыф", "Тарифы на электроэнергию"),
        ("jgkfnbnm", "Как и где оплатить электроэнергию"),
    ],
)
def test_articles_are_found_as_one_types(typed: str, first: str) -> None:
    assert search(Base(), typed)[0].title == first


def test_nothing_is_found_for_nothing() -> None:
    assert search(Base(), " ") == []
    assert search(Base(), "ЪЪЪ") == []


async def test_calling_for_a_human_is_not_the_question(house: House) -> None:
    conversation = await house.customer("почему пени")
    await house.customer("позовите человека")
    async with house.database.write() as tx:
        for text, intent in (("почему пени", "faq/penalty"), ("позовите человека", "operator")):
            read = {"intent": intent, "confidence": 1.0, "ranking": [[intent, 1.0]]}
            await tx.session.execute(
                update(Message).where(Message.text == text).values(understanding=read)
            )
    async with house.database.read() as session:
        question = await last_question(session, conversation)
        assert question is not None
        assert question["intent"] == "faq/penalty"
        assert await last_question(session, conversation + 1) is None
