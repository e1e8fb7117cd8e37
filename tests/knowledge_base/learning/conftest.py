"""Tiny phrases, a trainer, and a child process that only says what it is told to say."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conversations.events import Events
from knowledge_base.editing import Editor
from knowledge_base.learning import check_set, store
from knowledge_base.learning.child import Order
from knowledge_base.learning.live import LiveEngine, load
from knowledge_base.learning.phrases import BasePhrases, digest, of_articles
from knowledge_base.learning.service import Learning
from knowledge_base.learning.trainer import Trainer
from nlu.model import Model
from nlu.training import train
from staff.service import StaffService
from storage.database import Database
from storage.signals import Signals

GREET = ("привет", "здравствуйте", "добрый день", "доброе утро", "приветствую вас")
BALANCE = ("сколько я должен", "мой долг", "узнать долг", "сумма долга", "какой у меня долг")


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> BasePhrases:
    """Two intents of five phrases: trained in a moment."""
    path = tmp_path_factory.mktemp("base") / "talk.yml"
    lines = ['version: "3.1"', "nlu:"]
    for intent, phrases in (("greet", GREET), ("balance", BALANCE)):
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {one}" for one in phrases)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return BasePhrases([path])


Train = Callable[[list[tuple[str, str]]], Model]


@pytest.fixture(scope="session")
def train_on(base: BasePhrases) -> Train:
    return lambda phrases: train(base.with_articles(phrases))


@pytest.fixture(scope="session")
def first_model(train_on: Train) -> Model:
    return train_on([])


@pytest.fixture(scope="session")
def second_model(train_on: Train) -> Model:
    return train_on([("откуда пени", "faq/penalty"), ("что за пеня", "faq/penalty")])


@dataclass
class ScriptedChild:
    """``reads``: what the new model understands of a check phrase; the rest it reads right.

    ``reads_before``: the same of the active model. ``meanwhile`` happens before the end.
    """

    model: Model
    reads: dict[str, str] = field(default_factory=dict)
    reads_before: dict[str, str] = field(default_factory=dict)
    error: str = ""
    dies: bool = False
    meanwhile: Callable[[], Any] | None = None
    orders: list[Order] = field(default_factory=list)

    async def __call__(self, order: Order) -> AsyncIterator[dict[str, Any]]:
        self.orders.append(order)
        yield {"step": "fit", "share": 0.5}
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.dies:
            return
        if self.error:
            yield {"error": self.error}
            return
        await asyncio.to_thread(Path(order.out).write_bytes, self.model.to_bytes())
        yield {
            "model_id": f"{self.model.model_id}-{len(self.orders)}",
            "phrases": 12,
            "check": [self.reads.get(text, intent) for text, intent in order.check],
            "before": [self.reads_before.get(text, intent) for text, intent in order.check]
            if order.before
            else None,
        }


@dataclass
class School:
    """An editor's installation: articles, one active model, a trainer that runs when told."""

    database: Database
    signals: Signals
    events: Events
    editor: Editor
    learning: Learning
    child: ScriptedChild
    trainer: Trainer
    elena: int

    async def active(self) -> str:
        async with self.database.read() as session:
            model = await store.active(session)
        assert model is not None
        return model.model_id

    async def engine(self) -> LiveEngine:
        async with self.database.read() as session:
            row = await store.active(session)
            assert row is not None
            content = await store.content(session, row.id)
        assert content is not None
        return LiveEngine(self.database, load(content), row.id)


@pytest.fixture
async def school(
    database: Database,
    signals: Signals,
    editor: Editor,
    staff: StaffService,
    base: BasePhrases,
    first_model: Model,
    second_model: Model,
) -> AsyncIterator[School]:
    events = Events(signals)
    async with database.write() as tx:
        row = await store.keep(
            tx, "first", first_model.to_bytes(),
            {"base_digest": base.digest, "phrases": 10,
             "phrases_digest": digest(await of_articles(tx.session))},
        )  # fmt: skip
        await store.make_active(tx, events, row)
        await check_set.add(tx, [("день добрый", "greet"), ("сколько должен", "balance")])
    child = ScriptedChild(second_model)
    trainer = Trainer(database, signals, events, base, holder="test", child=child)
    await signals.start()
    yield School(database, signals, events, editor, editor.learning, child, trainer, 1)
    await signals.close()
