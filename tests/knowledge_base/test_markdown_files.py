"""A folder of articles in and out."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from conversations.events import Events
from knowledge_base import versions
from knowledge_base.editing import Editor
from knowledge_base.errors import FilesUnfit
from knowledge_base.front_matter import People, dump
from knowledge_base.learning.service import Learning
from knowledge_base.markdown_files import export_dir, import_dir, read_dir
from knowledge_base.models import Article, ArticleVersion
from knowledge_base.on_time import OnTime
from knowledge_base.service import KnowledgeBase
from media.shelf import FolderShelf
from media.store import MediaStore
from okno import profile
from staff.models import Person
from storage.database import Database
from storage.jobs import JobRunner
from storage.signals import Signals
from tests.conftest import FakeClock
from tests.knowledge_base.samples import VALUES, text

CONTENT = Path(__file__).resolve().parents[2] / "knowledge_base" / "content"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    write(folder, "faq/penalty")
    write(folder, "info/outage", title="Нет света")
    return folder


def write(folder: Path, topic: str, **changes: str) -> None:
    (folder / f"{topic.split('/')[1]}.md").write_text(dump(topic, text(**changes)))


async def count_versions(database: Database) -> int:
    async with database.read() as session:
        statement = select(func.count()).select_from(ArticleVersion)
        return (await session.execute(statement)).scalar_one()


async def edit(database: Database, topic: str, body: str) -> None:
    """Somebody saves a draft in the editor."""
    async with database.write() as tx:
        person = Person(
            login="elena", display_name="Елена", password_hash="", role="editor", created_at=tx.now
        )
        tx.session.add(person)
        await tx.session.flush()
        article = (
            await tx.session.execute(select(Article).where(Article.topic == topic))
        ).scalar_one()
        await versions.save(
            tx, article.id, text(body=body), author_id=person.id, base_number=article.last_number
        )


async def test_a_second_import_does_nothing(
    database: Database, media: MediaStore, folder: Path
) -> None:
    first = await import_dir(database, media, folder)
    assert first.added == ["info/outage", "faq/penalty"]
    second = await import_dir(database, media, folder)
    assert second.unchanged == ["info/outage", "faq/penalty"]
    assert await count_versions(database) == 2


async def test_a_changed_file_becomes_a_new_version(
    database: Database, media: MediaStore, folder: Path
) -> None:
    await import_dir(database, media, folder)
    write(folder, "faq/penalty", body="Новое")
    again = await import_dir(database, media, folder)
    assert (again.updated, again.unchanged) == (["faq/penalty"], ["info/outage"])
    kb = KnowledgeBase(database, lambda: VALUES)
    await kb.load()
    answer = kb.answer("faq/penalty")
    assert answer is not None
    assert answer.text == "Новое"


async def test_what_a_person_edited_stays(
    database: Database, media: MediaStore, folder: Path
) -> None:
    await import_dir(database, media, folder)
    await edit(database, "faq/penalty", "Слова Елены")
    write(folder, "faq/penalty", body="Новое")
    again = await import_dir(database, media, folder)
    assert again.kept == ["faq/penalty"]
    assert await count_versions(database) == 3
    forced = await import_dir(database, media, folder, overwrite=True)
    assert forced.updated == ["faq/penalty"]
    assert await count_versions(database) == 4


async def test_a_text_of_a_later_day_waits_for_it(
    database: Database, media: MediaStore, folder: Path, clock: FakeClock
) -> None:
    await import_dir(database, media, folder)
    later = text(body="Новое", valid_from=clock.now().replace(microsecond=0) + timedelta(days=2))
    (folder / "penalty.md").write_text(dump("faq/penalty", later))
    assert (await import_dir(database, media, folder)).updated == ["faq/penalty"]
    assert (await import_dir(database, media, folder)).updated == []
    kb = KnowledgeBase(database, lambda: VALUES)
    await kb.load()
    former = kb.answer("faq/penalty")
    assert former is not None
    assert former.text != "Новое"
    signals = Signals(database)
    events = Events(signals)
    editor = Editor(database, events, Learning(database, events, signals), lambda: VALUES)
    clock.advance(days=3)
    await JobRunner(database, OnTime(editor).jobs(), holder="test", period=1).run_due()
    await kb.load()
    now = kb.answer("faq/penalty")
    assert now is not None
    assert now.text == "Новое"


@pytest.fixture
async def other(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A second, empty database."""
    shutil.copy(sqlite_template, tmp_path / "other.db")
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    yield other
    await other.close()


async def test_export_and_import_give_the_same_bytes(
    database: Database, other: Database, media: MediaStore, tmp_path: Path
) -> None:
    await import_dir(database, media, CONTENT)
    async with database.read() as session:
        first = await export_dir(session, media, tmp_path / "first")
    far = MediaStore(other, FolderShelf(tmp_path / "other-media"))
    await import_dir(other, far, tmp_path / "first")
    async with other.read() as session:
        second = await export_dir(session, far, tmp_path / "second")
    assert len(first) == len(list(CONTENT.glob("*.md")))
    assert {p.name: p.read_bytes() for p in first} == {p.name: p.read_bytes() for p in second}


def test_the_starter_articles_are_fit_and_written_as_we_write_them() -> None:
    values = profile.load("demo").variables("круглосуточно")
    articles = read_dir(CONTENT, values).articles
    assert {dump(file.topic, file.text) for _, file in articles} == {
        path.read_text(encoding="utf-8") for path in CONTENT.glob("*.md")
    }


async def test_problems_of_all_files_are_told_and_nothing_is_written(
    database: Database, media: MediaStore, folder: Path
) -> None:
    write(folder, "faq/tariffs", body="Раз\n\nЗвоните: {{ company.fax }}")
    (folder / "broken.md").write_text("нет шапки")
    (folder / "latin.md").write_bytes("---\nпривет".encode("cp1251"))
    (folder / "penalty_again.md").write_text(dump("faq/penalty", text()))
    (folder / "empty.md").write_text(dump("faq/offices", text(body="")))
    with pytest.raises(FilesUnfit) as caught:
        await import_dir(database, media, folder, values=VALUES)
    told = str(caught.value).splitlines()
    variable_line = 1 + (folder / "tariffs.md").read_text().splitlines().index(
        "Звоните: {{ company.fax }}"
    )
    assert {line.removeprefix(f"{folder}/") for line in told} == {
        "broken.md:1: Файл должен начинаться со строки ---",
        "latin.md:2: Файл не в UTF-8",
        "penalty_again.md:2: Тема faq/penalty уже есть в файле penalty.md",
        "empty.md:16: Ответ пуст: напишите, что услышит клиент",
        f"tariffs.md:{variable_line}: Нет такой переменной: company.fax",
    }
    assert await count_versions(database) == 0


async def person(database: Database, login: str) -> int:
    async with database.write() as tx:
        person = Person(
            login=login, display_name=login, password_hash="", role="editor", created_at=tx.now
        )
        tx.session.add(person)
        await tx.session.flush()
        return person.id


async def test_the_people_of_an_article_go_with_it(
    database: Database, other: Database, media: MediaStore, folder: Path, tmp_path: Path
) -> None:
    elena, anna = await person(database, "elena"), await person(database, "anna@example.org")
    source = dump("faq/penalty", text(), People("elena", "anna@example.org"))
    (folder / "penalty.md").write_text(source.replace("responsible: e", "responsible: E"))
    assert (await import_dir(database, media, folder)).added == ["info/outage", "faq/penalty"]
    async with database.read() as session:
        article = (
            await session.execute(select(Article).where(Article.topic == "faq/penalty"))
        ).scalar_one()
        assert (article.responsible_id, article.approver_id) == (elena, anna)
        await export_dir(session, media, tmp_path / "out")
    assert (tmp_path / "out" / "penalty.md").read_text() == source
    # A file that names nobody changes nobody; one that names others changes them.
    write(folder, "faq/penalty")
    assert (await import_dir(database, media, folder)).updated == []
    (folder / "penalty.md").write_text(dump("faq/penalty", text(), People("anna@example.org")))
    assert (await import_dir(database, media, folder)).updated == ["faq/penalty"]
    async with database.read() as session:
        changed = (
            await session.execute(select(Article).where(Article.topic == "faq/penalty"))
        ).scalar_one()
        assert (changed.responsible_id, changed.approver_id) == (anna, anna)
    with pytest.raises(FilesUnfit) as caught:
        await import_dir(other, media, tmp_path / "out")
    line = 1 + source.split("\n").index("responsible: elena")
    assert [told.partition("penalty.md:")[2] for told in str(caught.value).split("\n")] == [
        f"{line}: Сотрудника «elena» здесь нет: заведите его или уберите строку",
        f"{line + 1}: Сотрудника «anna@example.org» здесь нет: заведите его или уберите строку",
    ]
    assert await count_versions(other) == 0
