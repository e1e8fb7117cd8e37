"""The engine that reads messages now; another model takes over between two messages."""

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy import select

from knowledge_base.following import STEP_SECONDS, follow
from knowledge_base.learning import store
from knowledge_base.learning.models import NluModel
from nlu import Understanding
from nlu.embedded import EmbeddedEngine
from nlu.errors import ModelError
from nlu.model import Model
from storage.database import Database
from storage.signals import Signals

log = structlog.get_logger(__name__)


class LiveEngine:
    """Each message is read by one model from its beginning to its end.

    ``row_id`` is the model's row; None before one is in the database.
    """

    def __init__(
        self, database: Database, engine: EmbeddedEngine, row_id: int | None = None
    ) -> None:
        self._database = database
        self._engine = engine
        self._row_id = row_id

    @property
    def model_id(self) -> str:
        return self._engine.model_id

    def parse(self, text: str, *, now: datetime) -> Understanding:
        return self._engine.parse(text, now=now)

    def parse_many(self, text: str, now: datetime) -> list[Understanding]:
        return self._engine.parse_many(text, now)

    async def refresh(self) -> bool:
        """Go over to the active model when it is another one; whether we did."""
        async with self._database.read() as session:
            row_id = (
                await session.execute(select(NluModel.id).where(NluModel.active))
            ).scalar_one_or_none()
            if row_id is None or row_id == self._row_id:
                return False
            content = await store.content(session, row_id)
        self._row_id = row_id  # also when it is of no use: looking again would not mend it
        if content is None:
            log.error("knowledge_base.model_without_bytes", model=row_id)
            return False
        try:
            engine = await asyncio.to_thread(load, content)
        except ModelError as error:
            log.error("knowledge_base.model_unusable", model=row_id, reason=str(error))
            return False
        self._engine = engine
        log.info("knowledge_base.model_taken", model=engine.model_id)
        return True

    async def follow(
        self, signals: Signals, stop: asyncio.Event, *, step: float = STEP_SECONDS
    ) -> None:
        """Go over to every model that becomes active, until ``stop``."""
        await follow(
            self.refresh, signals, stop, failed="knowledge_base.model_not_taken", step=step
        )


def load(content: bytes) -> EmbeddedEngine:
    """An engine ready for its first message. Raises ModelError."""
    return warm(EmbeddedEngine(Model.from_bytes(content)))


def warm(engine: EmbeddedEngine) -> EmbeddedEngine:
    """Dictionaries load on first use: better before we say that we are ready than after."""
    engine.parse_many("Здравствуйте, сколько я должен?", datetime.now(UTC))
    return engine
