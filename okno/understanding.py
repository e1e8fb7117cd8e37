"""The understanding of this installation: trained once, kept in ``var/``."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from nlu.embedded import EmbeddedEngine, load_engine, train_engine
from nlu.errors import ModelError
from nlu.training_data import TrainingData, load_article_questions, load_training_data
from okno.errors import WrongSetting
from okno.settings import VAR

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "nlu" / "data"
ARTICLES = ROOT / "knowledge_base" / "content"
MODEL = VAR / "model.okno"


def prepare(console: Console, path: Path = MODEL) -> EmbeddedEngine:
    """The stored model, or one trained now when the phrases or the engine have changed."""
    try:
        engine = load_engine(path)
        if engine.model.data_digest == _digest():
            return _warm(engine)
    except (ModelError, OSError):
        pass
    with console.status("Обучаю понимание на примерах, это около минуты…"):
        engine = train_engine([DATA], ARTICLES)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine.model.save(path)
    return _warm(engine)


def stored() -> EmbeddedEngine:
    """Raises WrongSetting when nothing is trained yet."""
    try:
        return _warm(load_engine(MODEL))
    except (ModelError, OSError) as error:
        raise WrongSetting(f"{MODEL}: no usable model: run `okno nlu train`") from error


def _warm(engine: EmbeddedEngine) -> EmbeddedEngine:
    """Dictionaries load on first use: better before we say that we are ready than after."""
    engine.parse_many("Здравствуйте, сколько я должен?", datetime.now(UTC))
    return engine


def _digest() -> str:
    phrases = load_training_data([DATA]).examples + load_article_questions(ARTICLES)
    return TrainingData(phrases).digest
