"""The engine that lives in the process: classifier, entities, several questions in a message."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from nlu.classifier import Classifier, ranked
from nlu.encoders import Encoder, built_in_encoder
from nlu.entities import extract
from nlu.errors import ModelError
from nlu.model import DEFAULT_SEED, Model
from nlu.taxonomy import OUT_OF_SCOPE
from nlu.training_data import TrainingData, load_article_questions, load_training_data
from nlu.types import Ranked, Understanding

_RANKED_SHOWN = 10


class EmbeddedEngine:
    """Implements `nlu.types.Engine` over a trained model.

    Parsing is plain computation of some milliseconds: call it off the event loop if the loop must
    not wait. Safe to share between threads.
    """

    def __init__(self, model: Model, encoder: Encoder | None = None) -> None:
        """Raises `ModelError` if the model was trained with another encoder."""
        encoder = encoder or built_in_encoder()
        if model.encoder != encoder.name:
            raise ModelError(
                f"the model was trained with encoder {model.encoder!r}, not {encoder.name!r}"
            )
        self.model = model
        self.model_id = model.model_id
        self.classifier = Classifier(model, encoder)

    def parse(self, text: str, *, now: datetime) -> Understanding:
        """The whole message as one question; never raises on any text."""
        normalised = self.classifier.normaliser.normalise(text)
        if not normalised.text.strip():
            return Understanding(
                text, OUT_OF_SCOPE, 1.0, (Ranked(OUT_OF_SCOPE, 1.0),), (), self.model_id
            )
        scores = self.classifier.score(normalised)
        ranking = tuple(
            Ranked(intent, confidence)
            for intent, confidence in ranked(scores.probabilities, self.model.labels)[
                :_RANKED_SHOWN
            ]
        )
        best = ranking[0]
        entities = extract(normalised, now=now, intent=best.intent)
        return Understanding(text, best.intent, best.confidence, ranking, entities, self.model_id)

    def parse_many(self, text: str, now: datetime) -> list[Understanding]:
        """The questions of a message in the order they were asked, one to three."""
        return [self.parse(text, now=now)]


def train_engine(
    data_paths: Iterable[Path],
    articles_dir: Path | None,
    *,
    seed: int = DEFAULT_SEED,
    progress: Callable[[str, float], None] | None = None,
) -> EmbeddedEngine:
    """Train on files, folders and the articles' question variants. Raises `DataError`."""
    # Imported here: scipy costs a start of the application 1.5 s, and only training needs it.
    from nlu.training import train

    data = load_training_data(data_paths)
    if articles_dir is not None:
        data = TrainingData(data.examples + load_article_questions(articles_dir))
    return EmbeddedEngine(train(data, seed=seed, progress=progress))


def load_engine(path: Path) -> EmbeddedEngine:
    """Load a stored model. Raises `ModelError`."""
    return EmbeddedEngine(Model.load(path))
