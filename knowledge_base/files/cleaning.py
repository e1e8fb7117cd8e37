"""Files that were uploaded and stand in no text are forgotten after some days.

Versions are never deleted, so what one of them shows stays.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import String, cast, delete, exists, or_

from knowledge_base.files.models import Enclosure
from knowledge_base.files.references import FOLDER
from knowledge_base.models import ArticleAutosave, ArticleVersion
from storage.database import Database, Transaction
from storage.jobs import Handler, schedule

JOB: Final = "kb.files"
KEPT: Final = timedelta(days=7)


class FileCleaning:
    """The row goes; the bytes go with ``media``'s own term, should nobody else have them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def jobs(self) -> Mapping[str, Handler]:
        return {JOB: self.run}

    async def begin(self) -> None:
        """At the start of a process: a run a day, however often it is asked for."""
        async with self._database.write() as tx:
            await schedule(tx, JOB, "daily", _tomorrow(tx.now))

    async def run(self, tx: Transaction, _payload: dict[str, Any]) -> None:
        written = f"{FOLDER}/" + Enclosure.name
        shown = exists().where(
            or_(ArticleVersion.body.contains(written), ArticleVersion.short.contains(written))
        )
        typed = exists().where(cast(ArticleAutosave.text, String).contains(written))
        await tx.session.execute(
            delete(Enclosure)
            .where(Enclosure.created_at < tx.now - KEPT, ~shown, ~typed)
            .execution_options(synchronize_session=False)
        )
        await schedule(tx, JOB, "daily", _tomorrow(tx.now))


def _tomorrow(now: datetime) -> datetime:
    return now.replace(hour=1, minute=30, second=0, microsecond=0) + timedelta(days=1)
