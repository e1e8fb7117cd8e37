"""From «Опубликовать» to a model that reads messages."""

import asyncio
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select, update

from knowledge_base import versions
from knowledge_base.errors import ModelGone, TrainingGone
from knowledge_base.learning.models import NluModelFile, Training, TrainingState
from knowledge_base.learning.phrases import BasePhrases
from knowledge_base.learning.trainer import MOST_ATTEMPTS, Trainer
from knowledge_base.models import Article, ArticleVersion, State
from staff.models import AuditEntry
from storage import leases
from tests.fakes.waiting import until
from tests.knowledge_base.learning.conftest import School
from tests.knowledge_base.samples import published, text


async def publishes(school: School, topic: str = "faq/penalty", **changes: object) -> int | None:
    """Elena publishes over what is there; the training's id."""
    async with school.database.read() as session:
        row = (
            await session.execute(
                select(Article.id, Article.last_number).where(Article.topic == topic)
            )
        ).one()
    saved = await school.editor.publish(
        row.id, text(**changes), author_id=school.elena, base_number=row.last_number
    )
    return saved.training_id


async def in_force(school: School, topic: str = "faq/penalty") -> tuple[str, ...]:
    async with school.database.read() as session:
        questions = (
            await session.execute(
                select(ArticleVersion.questions)
                .join(Article, Article.id == ArticleVersion.article_id)
                .where(Article.topic == topic, ArticleVersion.state == State.PUBLISHED)
            )
        ).scalar_one()
    return tuple(questions)


async def state(school: School, training_id: int | None) -> Training:
    assert training_id is not None
    training, _ = await school.learning.training(training_id)
    return training


async def test_a_change_of_words_alone_needs_no_training(school: School) -> None:
    await published(school.database)
    assert await publishes(school, body="Иначе") is None
    assert not await school.trainer.run_one()
    assert await school.active() == "first"


async def test_questions_come_into_force_together_with_the_model_that_learnt_them(
    school: School,
) -> None:
    await published(school.database)
    training = await publishes(school, questions=("откуда пени", "зачем пеня"))
    assert await in_force(school) == ("откуда пени", "что за пеня")
    assert await school.trainer.run_one()
    assert await in_force(school) == ("откуда пени", "зачем пеня")
    assert await school.active() != "first"
    assert (await state(school, training)).state == TrainingState.DONE
    [order] = school.child.orders
    assert order.articles == [["откуда пени", "faq/penalty"], ["зачем пеня", "faq/penalty"]]
    assert order.check == [["день добрый", "greet"], ["сколько должен", "balance"]]
    assert order.before  # never checked with these phrases
    async with school.database.read() as session:
        done = (await session.execute(select(AuditEntry.action))).scalars().all()
    assert {"article.published", "model.activated"} <= set(done)


async def test_a_draft_saved_meanwhile_stays_a_draft(school: School) -> None:
    await published(school.database)
    await publishes(school, questions=("раз",))
    article, number = 1, 2
    await school.editor.save(article, text(body="Потом"), author_id=1, base_number=number)
    assert await school.trainer.run_one()
    assert await in_force(school) == ("раз",)
    async with school.database.read() as session:
        newest = await versions.latest(session, article)
    assert newest is not None
    assert (newest.body, newest.state) == ("Потом", State.DRAFT)


async def test_publishing_again_replaces_what_waits(school: School) -> None:
    await published(school.database)
    first = await publishes(school, questions=("раз",))
    second = await publishes(school, questions=("два",))
    assert (await state(school, first)).state == TrainingState.CANCELLED
    while await school.trainer.run_one():
        pass
    assert (await state(school, second)).state == TrainingState.DONE
    assert await in_force(school) == ("два",)
    assert len(school.child.orders) == 1


async def test_a_worse_model_waits_for_the_editor(school: School) -> None:
    await published(school.database)
    training = await publishes(school, questions=("мой долг",))
    school.child.reads = {"сколько должен": "faq/penalty"}
    await school.trainer.run_one()
    doubted = await state(school, training)
    assert doubted.state == TrainingState.DOUBTED
    assert doubted.worse == [["сколько должен", "balance", "faq/penalty"]]
    assert await in_force(school) == ("откуда пени", "что за пеня")
    assert await school.active() == "first"

    await school.learning.confirm(doubted.id, author_id=school.elena)
    assert await in_force(school) == ("мой долг",)
    assert await school.active() != "first"
    with pytest.raises(TrainingGone):
        await school.learning.confirm(doubted.id, author_id=school.elena)


async def test_an_editor_takes_a_doubted_publication_back(school: School) -> None:
    await published(school.database)
    training = await publishes(school, questions=("мой долг",))
    school.child.reads = {"сколько должен": "faq/penalty"}
    await school.trainer.run_one()
    assert training is not None
    await school.learning.cancel(training)
    assert (await state(school, training)).state == TrainingState.CANCELLED
    assert await in_force(school) == ("откуда пени", "что за пеня")


async def test_as_many_failures_as_before_are_no_reason_to_ask(school: School) -> None:
    await published(school.database)
    training = await publishes(school, questions=("раз",))
    school.child.reads = {"сколько должен": "greet"}
    school.child.reads_before = {"день добрый": "balance"}
    await school.trainer.run_one()
    done = await state(school, training)
    assert done.state == TrainingState.DONE
    assert done.worse == [["сколько должен", "balance", "greet"]]  # told all the same


async def test_the_second_training_needs_no_check_of_the_active_model(school: School) -> None:
    await published(school.database)
    await publishes(school, questions=("раз",))
    await school.trainer.run_one()
    await publishes(school, questions=("два",))
    await school.trainer.run_one()
    assert [bool(order.before) for order in school.child.orders] == [True, False]


@pytest.mark.parametrize("dies", [True, False])
async def test_a_failure_changes_nothing_and_is_told(school: School, dies: bool) -> None:
    await published(school.database)
    training = await publishes(school, questions=("раз",))
    school.child.dies, school.child.error = dies, "phrases.yml:3: not YAML"
    await school.trainer.run_one()
    failed = await state(school, training)
    assert failed.state == TrainingState.FAILED
    assert failed.error == ("процесс обучения прервался" if dies else "phrases.yml:3: not YAML")
    assert await in_force(school) == ("откуда пени", "что за пеня")
    assert await school.active() == "first"


async def test_what_others_published_meanwhile_is_learnt_too(school: School) -> None:
    await published(school.database)

    async def meanwhile() -> None:
        if len(school.child.orders) == 1:
            await published(school.database, "faq/tariffs", questions=("почём свет",))

    school.child.meanwhile = meanwhile
    training = await publishes(school, questions=("раз",))
    await school.trainer.run_one()
    assert (await state(school, training)).state == TrainingState.QUEUED
    await school.trainer.run_one()
    assert (await state(school, training)).state == TrainingState.DONE
    assert ["почём свет", "faq/tariffs"] in school.child.orders[1].articles


async def test_a_training_goes_on_in_another_process_but_not_for_ever(school: School) -> None:
    await published(school.database)
    training = await publishes(school, questions=("раз",))
    async with school.database.write() as tx:  # as the dead process left it
        await tx.session.execute(update(Training).values(state="running", attempts=1))
    await school.trainer.run_one()
    assert (await state(school, training)).state == TrainingState.DONE
    again = await publishes(school, questions=("два",))
    async with school.database.write() as tx:
        await tx.session.execute(
            update(Training).where(Training.id == again).values(attempts=MOST_ATTEMPTS)
        )
    assert not await school.trainer.run_one()
    assert (await state(school, again)).state == TrainingState.FAILED


async def test_one_process_trains_at_a_time(school: School) -> None:
    await published(school.database)
    await publishes(school, questions=("раз",))
    assert await leases.acquire(school.database, "training", "another") is not None
    assert not await school.trainer.run_one()
    await leases.release(school.database, "training", "another")
    assert await school.trainer.run_one()


async def test_a_signal_wakes_the_trainer_and_stop_ends_it_at_once(school: School) -> None:
    await published(school.database)
    stop = asyncio.Event()
    running = asyncio.create_task(school.trainer.run(stop))
    training = await publishes(school, questions=("раз",))

    async def done() -> bool:
        return (await state(school, training)).state == TrainingState.DONE

    await until(done, "the training is done")
    held = asyncio.Event()
    school.child.meanwhile = held.wait
    waiting = await publishes(school, questions=("два",))
    await until(lambda: len(school.child.orders) == 2, "the second training")
    stop.set()
    async with asyncio.timeout(5):
        await running
    assert (await state(school, waiting)).state == TrainingState.RUNNING


async def test_back_to_the_model_before(school: School) -> None:
    await published(school.database)
    await publishes(school, questions=("раз",))
    await school.trainer.run_one()
    assert (await school.learning.overview()).current
    await school.learning.go_back(author_id=school.elena)
    assert await school.active() == "first"
    overview = await school.learning.overview()
    assert not overview.current
    assert overview.previous is not None  # and forward again
    async with school.database.write() as tx:
        await tx.session.execute(
            delete(NluModelFile).where(NluModelFile.model_id == overview.previous.id)
        )
    with pytest.raises(ModelGone):
        await school.learning.go_back(author_id=school.elena)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the child knows none
async def test_the_real_child_trains_and_checks(school: School, base: BasePhrases) -> None:
    await published(school.database)
    training = await publishes(
        school, questions=("откуда пени", "за что начислили пеню", "почему пени", "пеня")
    )
    trainer = Trainer(school.database, school.signals, school.events, base, holder="real")
    assert await trainer.run_one()
    done = await state(school, training)
    assert (done.state, done.error) == (TrainingState.DONE, None)
    engine = await school.engine()
    found = engine.parse("начислили пеню", now=datetime.now(UTC))
    assert found.intent == "faq/penalty"


async def test_a_child_that_cannot_start_is_a_failure(
    school: School, base: BasePhrases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await published(school.database)
    training = await publishes(school, questions=("раз",))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    trainer = Trainer(school.database, school.signals, school.events, base, holder="real")
    await trainer.run_one()
    assert (await state(school, training)).error == "процесс обучения прервался"
