"""Articles in and out as a folder of Markdown files, for git and for the starter base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from knowledge_base import versions
from knowledge_base.across import find_all
from knowledge_base.checks import find_problems
from knowledge_base.errors import FilesUnfit, Problem, Unfit
from knowledge_base.front_matter import ArticleFile, dump, parse
from knowledge_base.models import Article, ArticleVersion, State
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """Topics. ``kept``: edited by a person, so the file's other text was left aside."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def read_dir(
    folder: Path, values: Mapping[str, Any] | None = None, *, whole_on: date | None = None
) -> list[ArticleFile]:
    """Every ``*.md`` of ``folder``, checked. Raises FilesUnfit with the problems of all files.

    ``values`` are today's variables; None leaves unknown variables unnoticed. ``whole_on``: the
    folder is the whole base, and is also looked at as one, as it stands on that day.
    """
    found: dict[str, tuple[Path, ArticleFile]] = {}
    problems: list[tuple[Path, Problem]] = []
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
    for path, file in found.values():
        for problem in find_problems(file.text, values, topics=found.keys()):
            problems.append((path, file.locate(problem)))
    if whole_on is not None:
        texts = {topic: file.text for topic, (_, file) in found.items()}
        for topic, problem in find_all(texts, whole_on):
            path, file = found[topic]
            problems.append((path, file.locate(problem)))
    if problems:
        raise FilesUnfit(problems)
    return [file for _, file in found.values()]


async def import_dir(
    tx: Transaction,
    folder: Path,
    *,
    values: Mapping[str, Any] | None = None,
    events: Events | None = None,
    overwrite: bool = False,
) -> Imported:
    """Publish what ``folder`` says where it says something new; again and again, if you like.

    An article that a person has edited keeps his text unless ``overwrite``. Without ``events``
    running processes notice a little later. Raises FilesUnfit before anything is written.
    """
    files = read_dir(folder, values)
    known = await _known(tx.session)
    result = Imported()
    for file in files:
        if file.topic not in known:
            article_id = await versions.add_article(tx, file.topic)
            await _publish(tx, file, article_id, 0, events)
            result.added.append(file.topic)
            continue
        article = known[file.topic]
        newest = await versions.latest(tx.session, article.id)
        if newest is not None and versions.text_of(newest) == file.text:
            result.unchanged.append(file.topic)
        elif article.edited and not overwrite:
            result.kept.append(file.topic)
        else:
            await _publish(tx, file, article.id, article.last_number, events)
            result.updated.append(file.topic)
    return result


async def export_dir(session: AsyncSession, folder: Path) -> list[Path]:
    """Write the published articles, a file each; the files."""
    rows = await session.execute(
        select(Article.topic, ArticleVersion)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .where(ArticleVersion.state == State.PUBLISHED)
        .order_by(Article.topic)
    )
    return _write(folder, [(topic, dump(topic, versions.text_of(row))) for topic, row in rows])


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


async def _publish(
    tx: Transaction, file: ArticleFile, article_id: int, base_number: int, events: Events | None
) -> None:
    version_id = await versions.save(
        tx, article_id, file.text, author_id=None, base_number=base_number
    )
    await versions.publish(tx, events, article_id, version_id, base_number=base_number + 1)


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
