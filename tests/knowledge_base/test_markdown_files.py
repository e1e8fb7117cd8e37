"""A folder of articles in and out."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from knowledge_base import versions
from knowledge_base.errors import FilesUnfit
from knowledge_base.front_matter import dump
from knowledge_base.markdown_files import export_dir, import_dir, read_dir
from knowledge_base.models import Article, ArticleVersion
from knowledge_base.service import KnowledgeBase
from okno import profile
from staff.models import Person
from storage.database import Database
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


async def test_a_second_import_does_nothing(database: Database, folder: Path) -> None:
    async with database.write() as tx:
        first = await import_dir(tx, folder)
    assert first.added == ["info/outage", "faq/penalty"]
    async with database.write() as tx:
        second = await import_dir(tx, folder)
    assert second.unchanged == ["info/outage", "faq/penalty"]
    assert await count_versions(database) == 2


async def test_a_changed_file_becomes_a_new_version(database: Database, folder: Path) -> None:
    async with database.write() as tx:
        await import_dir(tx, folder)
    write(folder, "faq/penalty", body="Новое")
    async with database.write() as tx:
        again = await import_dir(tx, folder)
    assert (again.updated, again.unchanged) == (["faq/penalty"], ["info/outage"])
    kb = KnowledgeBase(database, lambda: VALUES)
    await kb.load()
    answer = kb.answer("faq/penalty")
    assert answer is not None
    assert answer.text == "Новое"


async def test_what_a_person_edited_stays(database: Database, folder: Path) -> None:
    async with database.write() as tx:
        await import_dir(tx, folder)
    await edit(database, "faq/penalty", "Слова Елены")
    write(folder, "faq/penalty", body="Новое")
    async with database.write() as tx:
        again = await import_dir(tx, folder)
    assert again.kept == ["faq/penalty"]
    assert await count_versions(database) == 3
    async with database.write() as tx:
        forced = await import_dir(tx, folder, overwrite=True)
    assert forced.updated == ["faq/penalty"]
    assert await count_versions(database) == 4


@pytest.fixture
async def other(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A second, empty database."""
    shutil.copy(sqlite_template, tmp_path / "other.db")
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    yield other
    await other.close()


async def test_export_and_import_give_the_same_bytes(
    database: Database, other: Database, tmp_path: Path
) -> None:
    async with database.write() as tx:
        await import_dir(tx, CONTENT)
    async with database.read() as session:
        first = await export_dir(session, tmp_path / "first")
    async with other.write() as tx:
        await import_dir(tx, tmp_path / "first")
    async with other.read() as session:
        second = await export_dir(session, tmp_path / "second")
    assert len(first) == len(list(CONTENT.glob("*.md")))
    assert {p.name: p.read_bytes() for p in first} == {p.name: p.read_bytes() for p in second}


def test_the_starter_articles_are_fit_and_written_as_we_write_them() -> None:
    values = profile.load("demo").variables("круглосуточно")
    files = read_dir(CONTENT, values)
    assert {dump(file.topic, file.text) for file in files} == {
        path.read_text(encoding="utf-8") for path in CONTENT.glob("*.md")
    }


async def test_problems_of_all_files_are_told_and_nothing_is_written(
    database: Database, folder: Path
) -> None:
    write(folder, "faq/tariffs", body="Раз\n\nЗвоните: {{ company.fax }}")
    (folder / "broken.md").write_text("нет шапки")
    (folder / "latin.md").write_bytes("---\nпривет".encode("cp1251"))
    (folder / "penalty_again.md").write_text(dump("faq/penalty", text()))
    (folder / "empty.md").write_text(dump("faq/offices", text(body="")))
    async with database.write() as tx:
        with pytest.raises(FilesUnfit) as caught:
            await import_dir(tx, folder, values=VALUES)
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
