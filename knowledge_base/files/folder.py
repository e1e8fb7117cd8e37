"""The files of a folder of articles: they lie beside them in ``files/``."""

import asyncio
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.errors import FileRefused
from knowledge_base.files.checking import LARGEST, Checked, check
from knowledge_base.files.references import FOLDER, NAME
from knowledge_base.files.service import known
from media.store import MediaStore


@dataclass(frozen=True, slots=True)
class FilesRead:
    """By name: what may be kept, and why the others may not."""

    files: dict[str, Checked] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def present(folder: Path) -> set[str]:
    """The names of the files that articles may show."""
    return {path.name for path in (folder / FOLDER).glob("*") if NAME.fullmatch(path.name)}


def read(folder: Path, names: Collection[str]) -> FilesRead:
    """``names``: those of ``present`` that articles show."""
    result = FilesRead()
    for name in sorted(names):
        path = folder / FOLDER / name
        try:
            with path.open("rb") as file:
                checked = check(file.read(LARGEST + 1), name)
            stem, _, ending = name.rpartition(".")
            if ending.replace("jpeg", "jpg") != checked.ending:
                raise FileRefused(f"По содержимому это {stem}.{checked.ending}: назовите его так")
        except OSError:
            result.refused[name] = "Файл не читается"
        except FileRefused as refused:
            result.refused[name] = str(refused)
        else:
            result.files[name] = checked
    return result


async def keep(store: MediaStore, files: Mapping[str, Checked]) -> dict[str, tuple[str, Checked]]:
    """Bytes into ``media``, each with its digest; in transactions of their own."""
    return {name: (await store.put(one.content), one) for name, one in files.items()}


async def write(session: AsyncSession, store: MediaStore, folder: Path, names: Set[str]) -> None:
    """Raises FileGone when the bytes of one are lost."""
    files = await known(session)
    for name in sorted(names & files.keys()):
        content = await store.read(files[name].digest)
        await asyncio.to_thread(_write, folder / FOLDER / name, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
