"""The understanding of this installation: trained once, kept in ``var/``."""

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
            return engine
    except (ModelError, OSError):
        pass
    with console.status("Обучаю понимание на примерах, это около минуты…"):
        engine = train_engine([DATA], ARTICLES)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine.model.save(path)
    return engine


def stored() -> EmbeddedEngine:
    """Raises WrongSetting when nothing is trained yet."""
    try:
        return load_engine(MODEL)
    except (ModelError, OSError) as error:
        raise WrongSetting(f"{MODEL}: no usable model: run `okno nlu train`") from error


def _digest() -> str:
    phrases = load_training_data([DATA]).examples + load_article_questions(ARTICLES)
    return TrainingData(phrases).digest
