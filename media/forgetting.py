"""Files are kept as long as the words they came with, and then removed, bytes and row."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select

from media.models import MediaFile
from media.store import MediaStore
from storage.database import Database, Transaction
from storage.jobs import Handler, schedule

JOB = "media.forget"
PERIOD = timedelta(days=1)
PAUSE = timedelta(seconds=10)
AT_ONCE = 200


class MediaForgetting:
    def __init__(
        self, database: Database, store: MediaStore, term: timedelta, held: Select[str]
    ) -> None:
        """``held`` selects the digests of what is not a customer's and stays."""
        self._database = database
        self._store = store
        self._term = term
        self._held = held

    def jobs(self) -> Mapping[str, Handler]:
        return {JOB: self.run}

    async def begin(self) -> None:
        """At the start of a process: a run a day, however often it is asked for."""
        async with self._database.write() as tx:
            await schedule(tx, JOB, "daily", _tomorrow(tx.now))

    async def run(self, tx: Transaction, _: dict[str, Any]) -> None:
        rows = await tx.session.execute(
            select(MediaFile.id, MediaFile.digest)
            .where(MediaFile.created_at < tx.now - self._term, MediaFile.digest.not_in(self._held))
            .order_by(MediaFile.id)
            .limit(AT_ONCE)
            .with_for_update()
        )
        old = rows.all()
        if old:
            # The bytes first: whoever keeps the same again waits for our commit and looks anew.
            await self._store.shelf.remove([row.digest for row in old])
            await tx.session.execute(
                delete(MediaFile).where(MediaFile.id.in_([row.id for row in old]))
            )
        more = len(old) == AT_ONCE
        await schedule(tx, JOB, "daily", tx.now + PAUSE if more else _tomorrow(tx.now))


def _tomorrow(now: datetime) -> datetime:
    return now.replace(hour=1, minute=0, second=0, microsecond=0) + PERIOD
