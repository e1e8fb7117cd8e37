"""The editor's «Попробовать»: what the assistant would answer, with nothing stored or sent."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from conversations.models import MessageKind, Turn
from dialogs.billing_answers import NoAccounts
from dialogs.turn import Context
from knowledge_base.learning.live import LiveEngine
from knowledge_base.try_out import FoundEntity, Guess, ReadPhrases, TryIt, TryResult
from okno.services import Services


def reading(engine: LiveEngine, zone: ZoneInfo) -> ReadPhrases:
    """What phrases are read as; the same again costs nothing until another model takes over."""

    @lru_cache(maxsize=5_000)
    def read_one(text: str, model_id: str) -> Guess:
        found = engine.parse(text, now=datetime.now(zone))
        return Guess(found.intent, found.confidence)

    async def read(texts: Sequence[str]) -> list[Guess]:
        return await asyncio.to_thread(lambda: [read_one(one, engine.model_id) for one in texts])

    return read


def trying(services: Services, engine: LiveEngine) -> TryIt:
    assistant = services.assistant(engine, NoAccounts())

    async def try_it(text: str) -> TryResult:
        now = services.database.clock.now()
        found = await asyncio.to_thread(engine.parse, text, now=now.astimezone(services.zone))
        response = await assistant.respond(
            Context(
                conversation_id=0,
                contact_id=0,
                channel="web",
                turn=Turn.ASSISTANT,
                state={"greeted": True},
                message_id=0,
                kind=MessageKind.TEXT,
                text=text,
                data={},
                now=now,
            )
        )
        return TryResult(
            intent=found.intent,
            confidence=found.confidence,
            runners_up=tuple(Guess(one.intent, one.confidence) for one in found.ranking[1:4]),
            entities=tuple(FoundEntity(e.entity, e.value) for e in found.entities),
            replies=response.replies,
        )

    return try_it
