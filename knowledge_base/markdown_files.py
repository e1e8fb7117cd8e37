"""Articles in and out as a folder of Markdown files, for git and for the starter base. Their
pictures and documents lie beside them in ``files/``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from knowledge_base import scheduling, versions
from knowledge_base.across import find_all
from knowledge_base.checks import find_problems
from knowledge_base.errors import FilesUnfit, Problem, Unfit
from knowledge_base.files import folder as files_of
from knowledge_base.files import service as files
from knowledge_base.files.checking import Checked
from knowledge_base.files.references import names, references
from knowledge_base.folder_people import find_people, logins, set_people
from knowledge_base.front_matter import ArticleFile, dump, parse
from knowledge_base.models import Article, ArticleVersion, State
from media.store import MediaStore
from storage.database import Database, Transaction

Problems = list[tuple[Path, Problem]]
Done = Literal["added", "updated", "kept", "unchanged"]


@dataclass(frozen=True, slots=True)
class Imported:
    """Topics. ``kept``: edited by a person, so the file's other text was left aside."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Folder:
    """``articles`` with the paths they were read from; ``files`` that they show, by name."""

    articles: list[tuple[Path, ArticleFile]]
    files: dict[str, Checked]


def read_dir(
    folder: Path, values: Mapping[str, Any] | None = None, *, whole_on: date | None = None
) -> Folder:
    """Every ``*.md`` of ``folder``, checked. Raises FilesUnfit with the problems of all files.

    ``values`` are today's variables; None leaves unknown variables unnoticed. ``whole_on``: the
    folder is the whole base, and is also looked at as one, as it stands on that day.
    """
    found: dict[str, tuple[Path, ArticleFile]] = {}
    problems: Problems = []
    for path in sorted(folder.glob("*.md")):
        try:
            file = parse(path.read_bytes().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            problems.append((path, Problem("Файл не в UTF-8", line=_line_of(path, error.start))))
        except Unfit as unfit:
            problems += [(path, problem) for problem in unfit.problems]
        else:
            if file.topic in found:
                other = found[file.topic][0].name
                message = f"Тема {file.topic} уже есть в файле {other}"
                problems.append((path, Problem(message, "topic", file.lines["topic"])))
            found[file.topic] = (path, file)
    present = files_of.present(folder)
    for path, file in found.values():
        for problem in find_problems(file.text, values, topics=found.keys(), files=present):
            problems.append((path, file.locate(problem)))
    if whole_on is not None:
        texts = {topic: file.text for topic, (_, file) in found.items()}
        for topic, problem in find_all(texts, whole_on):
            path, file = found[topic]
            problems.append((path, file.locate(problem)))
    articles = list(found.values())
    shown = {name for _, file in articles for name in names(file.text.body, file.text.short)}
    read = files_of.read(folder, shown & present)
    problems += _shown_in(articles, read.refused)
    if problems:
        raise FilesUnfit(problems)
    return Folder(articles, read.files)


async def import_dir(
    database: Database,
    store: MediaStore,
    folder: Path,
    *,
    values: Mapping[str, Any] | None = None,
    events: Events | None = None,
    overwrite: bool = False,
) -> Imported:
    """Publish what ``folder`` says where it says something new, in place of another text not
    before its day; again and again, if you like.

    An article that a person has edited keeps his text and its people unless ``overwrite``; a file
    that names nobody changes nobody. Without ``events`` running processes notice a little later.
    Raises FilesUnfit, and then no article is changed.
    """
    read = read_dir(folder, values)
    kept = await files_of.keep(store, read.files)
    async with database.write() as tx:
        people, problems = await find_people(tx.session, read.articles)
        taken = await files.take(tx, kept)
        message = "Под этим именем хранится другой файл: назовите новый иначе"
        problems += _shown_in(read.articles, dict.fromkeys(taken, message))
        if problems:
            raise FilesUnfit(problems)
        known = await _known(tx.session)
        result = Imported()
        for _, file in read.articles:
            article = known.get(file.topic)
            if article is None:
                article = _Known(await versions.add_article(tx, file.topic), 0, False)
            done = await _import(tx, file, article, events, overwrite=overwrite)
            if done != "kept" and await set_people(tx, article.id, people[file.topic]):
                done = "updated" if done == "unchanged" else done
            getattr(result, done).append(file.topic)
    return result


async def export_dir(session: AsyncSession, store: MediaStore, folder: Path) -> list[Path]:
    """Write the published articles, a file each, and what they show; the articles' files. Raises
    FileGone when a picture's bytes are lost."""
    rows = await session.execute(
        select(Article.topic, Article.responsible_id, Article.approver_id, ArticleVersion)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .where(ArticleVersion.state == State.PUBLISHED)
        .order_by(Article.topic)
    )
    people = await logins(session)
    written: list[tuple[str, str]] = []
    shown: set[str] = set()
    for topic, responsible_id, approver_id, row in rows:
        text = versions.text_of(row)
        shown |= names(text.body, text.short)
        written.append((topic, dump(topic, text, people.of(responsible_id, approver_id))))
    await files_of.write(session, store, folder, shown)
    return _write(folder, written)


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    last_number: int
    edited: bool


async def _known(session: AsyncSession) -> dict[str, _Known]:
    """``edited``: at least one version was written by a person."""
    rows = await session.execute(
        select(Article.topic, Article.id, Article.last_number, func.count(ArticleVersion.author_id))
        .outerjoin(ArticleVersion, ArticleVersion.article_id == Article.id)
        .group_by(Article.id)
    )
    return {
        topic: _Known(row_id, number, by_people > 0) for topic, row_id, number, by_people in rows
    }


async def _import(
    tx: Transaction, file: ArticleFile, article: _Known, events: Events | None, *, overwrite: bool
) -> Done:
    newest = await versions.latest(tx.session, article.id)
    if newest is not None and versions.text_of(newest) == file.text:
        return "unchanged"
    if article.edited and not overwrite:
        return "kept"
    number = article.last_number
    version_id = await versions.save(tx, article.id, file.text, author_id=None, base_number=number)
    version = await tx.session.get_one(ArticleVersion, version_id)
    if (day := await scheduling.awaits(tx, version)) is not None:
        await scheduling.put_off(tx, version, day, author_id=None)
    else:
        await versions.publish(tx, events, article.id, version_id, base_number=number + 1)
    return "updated" if newest is not None else "added"


def _shown_in(articles: Sequence[tuple[Path, ArticleFile]], wrong: Mapping[str, str]) -> Problems:
    """Problems of files, at the lines of the articles that show them."""
    return [
        (path, file.locate(Problem(f"{one.name}: {wrong[one.name]}", field, one.line)))
        for path, file in articles
        for field, source in (("body", file.text.body), ("short", file.text.short))
        for one in references(source)
        if one.name in wrong
    ]


def _write(folder: Path, files: Sequence[tuple[str, str]]) -> list[Path]:
    """``faq/tariffs`` is ``tariffs.md``; another group's name is added where two are the same."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    written: list[Path] = []
    for topic, content in files:
        group, _, name = topic.partition("/")
        name = f"{group}_{name}" if name in taken else name
        taken.add(name)
        path = folder / f"{name}.md"
        path.write_bytes(content.encode())
        written.append(path)
    return written


def _line_of(path: Path, offset: int) -> int:
    return path.read_bytes()[:offset].count(b"\n") + 1
