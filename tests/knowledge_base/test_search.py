"""Articles are found by the customer's words, however they are written."""

from datetime import timedelta
from pathlib import Path

import pytest

from knowledge_base.front_matter import parse
from knowledge_base.search import Document, SearchIndex
from knowledge_base.service import KnowledgeBase
from storage.database import Database
from tests.conftest import FakeClock
from tests.knowledge_base.conftest import Browser
from tests.knowledge_base.samples import VALUES, published

CONTENT = Path(__file__).resolve().parents[2] / "knowledge_base" / "content"


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    files = [parse(path.read_text(encoding="utf-8")) for path in sorted(CONTENT.glob("*.md"))]
    return SearchIndex(
        Document(
            file.topic, file.text.title, file.text.questions, file.text.tags,
            f"{file.text.short}\n{file.text.body}",
        )
        for file in files
        if file.topic.startswith("faq/")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "topic"),
    [
        ("пени", "penalty"),
        ("неустойка за просрочку", "penalty"),
        ("рассрочку по долгам", "installment"),  # other forms of the words
        ("РАССРОЧКИ", "installment"),
        ("расрочка", "installment"),  # a slip
        ("hfccrhjxrf", "installment"),  # the wrong layout
        ("rassrochka", "installment"),  # Latin letters
        ("поверка счетчика", "meter_verification"),  # е for ё
        ("солнечные батареи", "microgeneration"),
        ("льготы инвалидам", "benefits"),
        ("адреса офисов", "offices"),
        ("микрогенер", "microgeneration"),  # still typing
        ("подскажите пожалуйста как мне сменить собственника", "owner_change"),
    ],
)
def test_found_first(index: SearchIndex, query: str, topic: str) -> None:
    assert index.search(query)[0].topic == f"faq/{topic}"


@pytest.mark.parametrize("query", ["", "  ", "как мне это", "ъыьъ", "123", "<script>", "%_\\"])
def test_nothing_to_find(index: SearchIndex, query: str) -> None:
    assert index.search(query) == []


def test_the_classifier_decides_between_alike(index: SearchIndex) -> None:
    plain = [hit.topic for hit in index.search("замена счётчика")]
    assert plain[0] == "faq/meter_replacement"
    hinted = index.search("замена счётчика", {"faq/smart_meter": 0.9})
    assert hinted[0].topic == "faq/smart_meter"


async def test_only_what_is_in_force(database: Database, clock: FakeClock) -> None:
    await published(database, title="Пени {{ company.phone }}")
    await published(database, "info/secret", title="Служебные пени")
    later = clock.now() + timedelta(days=1)
    await published(database, "faq/later", title="Пени потом", valid_from=later, questions=())
    kb = KnowledgeBase(database, lambda: VALUES)
    assert kb.search("пени") == []
    await kb.load()
    [hit] = kb.search("пени")
    assert hit.topic == "faq/penalty"
    assert hit.title == "Пени 8 800 555-01-23"
    clock.advance(days=2)
    assert len(kb.search("пени")) == 2


async def test_the_editors_list_forgives_too(database: Database, elena: Browser) -> None:
    await published(database, title="Пени за просрочку")
    await published(
        database, "faq/tariffs", title="Тарифы", body="Ночью дешевле", short="", questions=()
    )
    for typed in ("прасрочка", "ghjchjxrf", "о просрочке"):
        page = await elena.get(f"/kb?q={typed}", htmx=True)
        assert "Пени за просрочку" in page.text
        assert "Тарифы" not in page.text
