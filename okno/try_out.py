"""The editor's «Попробовать»: what the assistant would answer, with nothing stored or sent."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from conversations.models import MessageKind, Turn
from dialogs.billing_answers import NoAccounts
from dialogs.turn import Context
from knowledge_base.article_text import fold
from knowledge_base.learning.live import LiveEngine
from knowledge_base.try_out import Draft, FoundEntity, Guess, ReadPhrases, TryIt, TryResult
from nlu import Understanding
from nlu.taxonomy import DANGER
from nlu.types import Ranked
from okno.rasa import Embedded
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


class _Taught:
    """The engine as if it had learnt the draft's questions: word for word it knows them."""

    def __init__(self, engine: Embedded, draft: Draft) -> None:
        self._engine = engine
        self._topic = draft.topic
        self._questions = {fold(one) for one in draft.text.questions}

    @property
    def model_id(self) -> str:
        return self._engine.model_id

    def parse(self, text: str, *, now: datetime) -> Understanding:
        return self._read(self._engine.parse(text, now=now))

    def parse_many(self, text: str, now: datetime) -> list[Understanding]:
        if fold(text) in self._questions:
            return [self.parse(text, now=now)]
        return [self._read(found) for found in self._engine.parse_many(text, now)]

    def _read(self, found: Understanding) -> Understanding:
        if found.intent == DANGER or fold(found.text) not in self._questions:
            return found
        others = (one for one in found.ranking if one.intent != self._topic)
        ranking = (Ranked(self._topic, 1.0), *others)
        return replace(found, intent=self._topic, confidence=1.0, ranking=ranking)


def trying(services: Services, engine: LiveEngine) -> TryIt:
    published = services.assistant(engine, NoAccounts())

    async def try_it(text: str, draft: Draft | None) -> TryResult:
        now = services.database.clock.now()
        reads: Embedded = engine
        assistant = published
        if draft is not None:
            reads = _Taught(engine, draft)
            base = services.knowledge_base.with_draft(draft.topic, draft.text, draft.files)
            assistant = services.assistant(reads, NoAccounts(), base)
        found = await asyncio.to_thread(reads.parse, text, now=now.astimezone(services.zone))
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
