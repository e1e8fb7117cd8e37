"""The understanding of this installation: its models stand in the database, the first one is
taken from ``var/`` or trained."""

import asyncio
from pathlib import Path

import structlog
from rich.console import Console
from sqlalchemy.exc import IntegrityError

from knowledge_base.learning import check_set, phrases, store
from knowledge_base.learning.live import LiveEngine, load, warm
from knowledge_base.learning.phrases import BasePhrases
from nlu.embedded import EmbeddedEngine, load_engine, train_engine
from nlu.errors import ModelError
from nlu.training_data import TrainingData, load_article_questions, load_training_data
from okno.errors import WrongSetting
from okno.services import Services
from okno.settings import VAR

log = structlog.get_logger(__name__)

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "nlu" / "data"
ARTICLES = ROOT / "knowledge_base" / "content"
MODEL = VAR / "model.okno"


def prepare(console: Console, path: Path = MODEL) -> EmbeddedEngine:
    """The stored model, or one trained now when the phrases or the engine have changed."""
    try:
        engine = load_engine(path)
        if engine.model.data_digest == _digest():
            return warm(engine)
    except (ModelError, OSError):
        pass
    with console.status("Обучаю понимание на примерах: минута-две, на занятой машине дольше…"):
        engine = train_engine([DATA], ARTICLES)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine.model.save(path)
    return warm(engine)


async def open_live(services: Services, console: Console | None = None) -> LiveEngine:
    """The active model; where there is none of use, that of ``var/`` becomes it.

    With a ``console`` (the demo) a model is trained when there is none, or when the phrases that
    come with Okno have changed; without one that raises WrongSetting.
    """
    base = BasePhrases([DATA])
    async with services.database.read() as session:
        row = await store.active(session)
        content = await store.content(session, row.id) if row is not None else None
    if row is not None and content is not None:
        try:
            engine = await asyncio.to_thread(load, content)
        except ModelError as error:
            log.warning("okno.model_of_another_release", reason=str(error))
        else:
            same = row.base_digest == await asyncio.to_thread(lambda: base.digest)
            if same or console is None:
                return LiveEngine(services.database, engine, row.id)
    engine = prepare(console) if console is not None else await asyncio.to_thread(_from_file)
    return LiveEngine(services.database, engine, await _adopt(services, engine, base))


def _from_file() -> EmbeddedEngine:
    """Raises WrongSetting when nothing is trained yet."""
    try:
        return warm(load_engine(MODEL))
    except (ModelError, OSError) as error:
        raise WrongSetting(f"{MODEL}: no usable model: run `okno nlu train`") from error


async def _adopt(services: Services, engine: EmbeddedEngine, base: BasePhrases) -> int | None:
    """Make a model that came from a file the active one, with the first check phrases beside it;
    what editors taught the one before it is learnt anew in the background."""
    learnt = {(phrase.text, phrase.intent) for phrase in engine.model.phrases}
    content = await asyncio.to_thread(engine.model.to_bytes)
    given = await asyncio.to_thread(lambda: {(e.text, e.intent) for e in base.examples})
    try:
        async with services.database.write() as tx:
            articles = await phrases.of_articles(tx.session)
            plain = {(e.text, e.intent) for e in base.with_articles(articles).examples}
            is_current = learnt == plain
            row_id = await store.keep(
                tx,
                engine.model_id,
                content,
                {
                    "base_digest": base.digest if given <= learnt else "",
                    "phrases_digest": phrases.digest(articles) if is_current else "",
                    "phrases": len(engine.model.phrases),
                },
            )
            await store.make_active(tx, services.events, row_id)
            await check_set.seed(tx)
            if not is_current:
                await services.learning.ask(tx, author_id=None)
    except IntegrityError:
        # Another process was faster; its model is taken over with the first look.
        return None
    return row_id


def _digest() -> str:
    examples = load_training_data([DATA]).examples + load_article_questions(ARTICLES)
    return TrainingData(examples).digest
