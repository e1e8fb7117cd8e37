"""Keeping the articles' files and finding them."""

import asyncio
from collections.abc import Mapping
from itertools import count

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.files.checking import Checked, check, named
from knowledge_base.files.models import Enclosure
from knowledge_base.files.references import FileFacts
from media.links import Links
from media.pictures import HANDS
from media.store import MediaStore
from replies import File
from staff import audit
from storage.database import Database, Transaction


class ArticleFiles:
    """``links`` sign the addresses under which editors see the files."""

    def __init__(self, database: Database, store: MediaStore, links: Links) -> None:
        self._database = database
        self.store = store
        self._links = links

    async def upload(self, name: str, content: bytes, *, author_id: int) -> FileFacts:
        """The same bytes again are the same file. Raises FileRefused."""
        loop = asyncio.get_running_loop()
        checked = await loop.run_in_executor(HANDS, check, content, name)
        digest = await self.store.put(checked.content)
        async with self._database.write() as tx:
            same = await tx.session.scalar(
                select(Enclosure.name).where(Enclosure.source == checked.source).limit(1)
            )
            if same is not None:
                return (await known(tx.session))[same]
            for again in count():
                chosen = named(name, checked.ending, again)
                if await _add(tx, chosen, digest, checked, author_id):
                    break
            audit.record(
                tx, author_id, "article.file", object_kind="article_file", object_id=chosen
            )
        return FileFacts(chosen, digest, checked.content_type, len(checked.content))

    def link(self, file: File) -> str:
        """Where a browser finds the bytes, for some hours."""
        return self._links.path(file.key, file.name)


async def known(session: AsyncSession) -> dict[str, FileFacts]:
    """Every file by its name."""
    rows = await session.execute(
        select(Enclosure.name, Enclosure.digest, Enclosure.content_type, Enclosure.size).order_by(
            Enclosure.name
        )
    )
    return {row.name: FileFacts(*row) for row in rows}


async def take(tx: Transaction, kept: Mapping[str, tuple[str, Checked]]) -> list[str]:
    """Files of a folder, each with the digest under which it is in ``media`` by now; the names
    that are another file's already."""
    taken = []
    for name, (digest, checked) in kept.items():
        if await _add(tx, name, digest, checked, None):
            continue
        row = (
            await tx.session.execute(select(Enclosure).where(Enclosure.name == name))
        ).scalar_one()
        if digest != row.digest and checked.source != row.source:
            taken.append(name)
    return taken


async def _add(
    tx: Transaction, name: str, digest: str, checked: Checked, author_id: int | None
) -> bool:
    """False when the name is taken."""
    values = {
        "name": name, "digest": digest, "source": checked.source, "author_id": author_id,
        "content_type": checked.content_type, "size": len(checked.content), "created_at": tx.now,
    }  # fmt: skip
    added = await tx.session.execute(
        (sqlite_insert if tx.is_sqlite else postgres_insert)(Enclosure)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(Enclosure.id)
    )
    return added.scalar_one_or_none() is not None
