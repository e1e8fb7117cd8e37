"""The due work of ``scheduling``: its day has come."""

from collections.abc import Mapping
from typing import Any

from knowledge_base import versions
from knowledge_base.editing import SAVED_EVENT, Editor
from knowledge_base.errors import Unfit
from knowledge_base.models import ArticleVersion, State
from knowledge_base.scheduling import JOB
from storage.database import Transaction
from storage.jobs import Handler


class OnTime:
    def __init__(self, editor: Editor) -> None:
        self._editor = editor

    def jobs(self) -> Mapping[str, Handler]:
        return {JOB: self.run}

    async def run(self, tx: Transaction, payload: dict[str, Any]) -> None:
        """As if its author pressed «publish» now; what is not fit any more goes back to him."""
        version = await tx.session.get(ArticleVersion, payload["version_id"])
        if version is None or version.state != State.DRAFT:
            return
        try:
            await self._editor.require_fit(tx, versions.text_of(version))
        except Unfit as unfit:
            version.sent_back = f"Не вышла в назначенный день. {unfit}"
            self._editor.events.emit(
                tx, SAVED_EVENT, article_id=version.article_id, author_id=0
            )  # fmt: skip
            return
        await self._editor.put_in_force(tx, version, author_id=payload["author_id"])
