"""The check phrases: a quality gate that editors keep. Files are Rasa's NLU test data."""

import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.learning.models import CheckPhrase
from nlu.errors import DataError
from nlu.rasa_export import annotated, training_file
from nlu.training_data import CHECK_DIR, load_training_data, read_example
from storage.database import Transaction

LONGEST_PHRASE: Final = 1_000
MOST_PHRASES: Final = 5_000
LONGEST_INTENT: Final = 80
_NOWHERE: Final = Path("phrase")
_FORM: Final = (
    "нужен файл Rasa в UTF-8: «nlu:», в нём «- intent: тема» и «examples: |», каждая фраза с «- »"
)
_MARKS: Final = "разметка в скобках не читается"


async def by_intent(session: AsyncSession) -> dict[str, list[str]]:
    """Annotated phrases of each intent, in the order they were added."""
    rows = await session.execute(
        select(CheckPhrase.intent, CheckPhrase.source).order_by(CheckPhrase.id)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for intent, source in rows:
        found[intent].append(source)
    return dict(sorted(found.items()))


async def pairs(session: AsyncSession) -> list[tuple[str, str]]:
    """(message, expected intent) without annotations, as the check reads them."""
    rows = await session.execute(
        select(CheckPhrase.text, CheckPhrase.intent).order_by(CheckPhrase.id)
    )
    return [(text, intent) for text, intent in rows]


def digest(phrases: Iterable[tuple[str, str]]) -> str:
    """Empty for no phrases."""
    lines = sorted(f"{intent}\0{text}" for text, intent in phrases)
    return hashlib.sha256("\1".join(lines).encode(errors="replace")).hexdigest() if lines else ""


async def replace(tx: Transaction, intent: str, sources: Iterable[str]) -> int:
    """Make these lines the whole of ``intent``; how many there are now. Raises DataError."""
    rows = _rows(intent, sources)
    await tx.session.execute(delete(CheckPhrase).where(CheckPhrase.intent == intent))
    if rows:
        await tx.session.execute(insert(CheckPhrase), rows)
    return len(rows)


async def add(tx: Transaction, phrases: Iterable[tuple[str, str]]) -> int:
    """Add (annotated phrase, intent) pairs that are not there yet; how many were added.

    Raises DataError.
    """
    known = {
        (intent, source)
        for intent, source in await tx.session.execute(
            select(CheckPhrase.intent, CheckPhrase.source)
        )
    }
    wanted: dict[str, list[str]] = defaultdict(list)
    for source, intent in phrases:
        if (intent, source) not in known:
            wanted[intent].append(source)
    rows = [row for intent, sources in wanted.items() for row in _rows(intent, sources)]
    if len(known) + len(rows) > MOST_PHRASES:
        raise DataError(_NOWHERE, None, f"вместе с ним фраз больше {MOST_PHRASES}")
    if rows:
        await tx.session.execute(insert(CheckPhrase), rows)
    return len(rows)


async def seed(tx: Transaction) -> None:
    """The phrases that come with Okno, where there are none yet."""
    count = select(func.count()).select_from(CheckPhrase)
    if not (await tx.session.execute(count)).scalar_one():
        await add(tx, read_files([CHECK_DIR]))


def read_files(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """(annotated phrase, intent) of Rasa files. Raises DataError with file and line."""
    return [(annotated(example), example.intent) for example in load_training_data(paths).examples]


def read_upload(content: bytes) -> list[tuple[str, str]]:
    """Raises DataError in an editor's words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.yml"
        path.write_bytes(content)
        try:
            return read_files([path])
        except DataError as error:
            raise DataError(Path(path.name), error.line, _FORM) from error


def dump(phrases: dict[str, list[str]]) -> str:
    """A Rasa 3.1 file; the same phrases always give the same text."""
    return training_file(
        read_example(source, intent, _NOWHERE, 0)
        for intent, sources in phrases.items()
        for source in sources
    )


def _rows(intent: str, sources: Iterable[str]) -> list[dict[str, str]]:
    if len(intent) > LONGEST_INTENT or not intent.isprintable():
        raise DataError(_NOWHERE, None, "имя темы не читается")
    rows = {}
    for number, line in enumerate(sources, 1):
        source = " ".join(line.split())
        if not source:
            continue
        if len(source) > LONGEST_PHRASE:
            raise DataError(_NOWHERE, number, f"длиннее {LONGEST_PHRASE} знаков")
        try:
            text = read_example(source, intent, _NOWHERE, number).text
        except DataError as error:
            raise DataError(_NOWHERE, number, _MARKS) from error
        rows[source] = {"intent": intent, "source": source, "text": text}
    return list(rows.values())
