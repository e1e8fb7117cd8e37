"""What editors do with models: ask for a training, decide on a doubted one, go back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.events import Events
from knowledge_base.errors import ModelGone, TrainingGone
from knowledge_base.learning import check_set, phrases, store
from knowledge_base.learning.models import NluModel, NluModelFile, Training, TrainingState
from knowledge_base.learning.publishing import put_in_force
from knowledge_base.learning.trainer import SIGNAL
from knowledge_base.models import Article, ArticleVersion, State
from nlu.model import ENGINE_VERSION
from nlu.taxonomy import is_faq
from staff import audit
from storage.database import Database, Transaction
from storage.signals import Signals

OPEN = (TrainingState.QUEUED, TrainingState.RUNNING, TrainingState.DOUBTED)


@dataclass(frozen=True, slots=True)
class Overview:
    """``current``: the active model knows exactly the phrases of the published articles."""

    active: NluModel | None
    previous: NluModel | None
    current: bool
    open: Sequence[Training]
    recent: Sequence[Training]
    check_phrases: int


class Learning:
    def __init__(self, database: Database, events: Events, signals: Signals) -> None:
        self.database = database
        self._events = events
        self._signals = signals

    async def ask(
        self, tx: Transaction, *, author_id: int | None, version: ArticleVersion | None = None
    ) -> int:
        """Queue a training, with the version that is to be published by it; its id.

        An open training of the same article is called off: its version is an older one.
        """
        article_id = version.article_id if version is not None else None
        await self.call_off(tx, article_id)
        training = Training(
            article_id=article_id,
            version_id=version.id if version is not None else None,
            author_id=author_id,
            created_at=tx.now,
        )
        tx.session.add(training)
        await tx.session.flush()
        self._tell(tx, training.id)
        return training.id

    async def call_off(self, tx: Transaction, article_id: int | None) -> None:
        rows = await tx.session.execute(
            select(Training).where(
                Training.article_id.is_(None)
                if article_id is None
                else Training.article_id == article_id,
                Training.state.in_(OPEN),
            )
        )
        for training in rows.scalars():
            training.state, training.finished_at = TrainingState.CANCELLED, tx.now
            self._tell(tx, training.id)
        await tx.session.flush()

    async def train_again(self, *, author_id: int | None) -> int:
        """Learn what the articles say now."""
        async with self.database.write() as tx:
            return await self.ask(tx, author_id=author_id)

    async def confirm(self, training_id: int, *, author_id: int) -> None:
        """Publish although more check phrases fail. Raises TrainingGone."""
        async with self.database.write() as tx:
            training = await tx.session.get(Training, training_id, with_for_update=True)
            if training is None or training.state != TrainingState.DOUBTED:
                raise TrainingGone(training_id)
            await put_in_force(tx, self._events, training)
            audit.record(
                tx, author_id, "model.doubts_overruled", object_kind="training",
                object_id=training_id, worse=len(training.worse),
            )  # fmt: skip
            self._tell(tx, training_id)

    async def cancel(self, training_id: int) -> None:
        """Publish nothing; the draft stays. Raises TrainingGone."""
        async with self.database.write() as tx:
            training = await tx.session.get(Training, training_id, with_for_update=True)
            if training is None or training.state not in OPEN:
                raise TrainingGone(training_id)
            training.state, training.finished_at = TrainingState.CANCELLED, tx.now
            self._tell(tx, training_id)

    async def go_back(self, *, author_id: int) -> None:
        """Make the model before the active one active again. Raises ModelGone."""
        async with self.database.write() as tx:
            active = await store.active(tx.session)
            previous = await _usable(tx.session, active.previous_id if active else None)
            if active is None or previous is None:
                raise ModelGone
            await store.make_active(tx, self._events, previous.id)
            audit.record(
                tx, author_id, "model.returned", object_kind="model",
                object_id=previous.model_id, left=active.model_id,
            )  # fmt: skip

    async def overview(self) -> Overview:
        async with self.database.read() as session:
            active = await store.active(session)
            digest = phrases.digest(await phrases.of_articles(session))
            rows = await session.execute(select(Training).order_by(Training.id.desc()).limit(12))
            trainings = rows.scalars().all()
            return Overview(
                active=active,
                previous=await _usable(session, active.previous_id if active else None),
                current=active is not None and active.phrases_digest == digest,
                open=[one for one in trainings if one.state in OPEN],
                recent=[one for one in trainings if one.state not in OPEN],
                check_phrases=len(await check_set.pairs(session)),
            )

    async def training(self, training_id: int) -> tuple[Training, int]:
        """The training, and how many are carried out before it. Raises TrainingGone."""
        async with self.database.read() as session:
            training = await session.get(Training, training_id)
            if training is None:
                raise TrainingGone(training_id)
            ahead = await session.execute(
                select(Training.id).where(
                    Training.id < training_id,
                    Training.state.in_((TrainingState.QUEUED, TrainingState.RUNNING)),
                )
            )
            return training, len(ahead.all())

    async def open_of(self, article_id: int) -> Training | None:
        """The training that will publish a version of this article."""
        async with self.database.read() as session:
            return (
                await session.execute(
                    select(Training).where(
                        Training.article_id == article_id, Training.state.in_(OPEN)
                    )
                )
            ).scalar_one_or_none()

    def _tell(self, tx: Transaction, training_id: int) -> None:
        self._events.emit(tx, SIGNAL, training_id=training_id)
        self._signals.wake(tx, SIGNAL)


async def teaches(session: AsyncSession, version: ArticleVersion) -> bool:
    """Whether publishing ``version`` changes what the bot has to know."""
    topic = (
        await session.execute(select(Article.topic).where(Article.id == version.article_id))
    ).scalar_one()
    if not is_faq(topic):
        return False
    published = (
        await session.execute(
            select(ArticleVersion.questions).where(
                ArticleVersion.article_id == version.article_id,
                ArticleVersion.state == State.PUBLISHED,
            )
        )
    ).scalar_one_or_none()
    return set(published or ()) != set(version.questions)


async def _usable(session: AsyncSession, row_id: int | None) -> NluModel | None:
    if row_id is None:
        return None
    return (
        await session.execute(
            select(NluModel)
            .join(NluModelFile, NluModelFile.model_id == NluModel.id)
            .where(NluModel.id == row_id, NluModel.engine_version == ENGINE_VERSION)
        )
    ).scalar_one_or_none()
