"""The engine that lives in the process: classifier, entities, several questions in a message."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from nlu import danger, morphology
from nlu.classifier import SURE, Classifier, Scores, ranked
from nlu.courtesy import matter
from nlu.encoders import Encoder, default_encoder
from nlu.entities import extract
from nlu.errors import ModelError
from nlu.explanation import Explanation, explain
from nlu.model import DEFAULT_SEED, Model
from nlu.normalise import MAX_CHARS, Normalised
from nlu.questions import split_questions
from nlu.taxonomy import DANGER, OUT_OF_SCOPE, TALK
from nlu.training_data import TrainingData, load_article_questions, load_training_data
from nlu.types import Ranked, Understanding

MOST_QUESTIONS: Final = 3

_RANKED_SHOWN: Final = 10
# A part of a message is a question of its own if it is this clear by itself, and the whole
# message does not rule it out; chosen in docs/decisions/0103, like all below.
_CLEAR_OF_TWO: Final = 0.5
# Of more parts, some are a story's sentences, which ask nothing.
_CLEAR_OF_MORE: Final = 0.75
_LEAST_IN_WHOLE: Final = 0.001
# As clear as this, it is one whatever the whole says, unless it tells what has happened.
_CLEAR_AGAINST_WHOLE: Final = 0.95
# What thanks are added to.
_AGREED: Final = frozenset(("greet", "goodbye", "thanks", "affirm", "deny", OUT_OF_SCOPE))
# Fewer words before thanks may be their reason.
_TOLD_IN_WORDS: Final = 3
_WORD: Final = re.compile(r"[а-яё]+")
# Politeness and small talk around a question are no questions.
_NO_QUESTION: Final = frozenset(TALK)


class EmbeddedEngine:
    """Implements `nlu.types.Engine` over a trained model.

    Parsing is plain computation of some milliseconds: call it off the event loop if the loop must
    not wait. Safe to share between threads.
    """

    def __init__(self, model: Model, encoder: Encoder | None = None) -> None:
        """Raises `ModelError` if the model was trained with another encoder."""
        encoder = encoder or default_encoder()
        if model.encoder != encoder.name:
            raise ModelError(
                f"the model was trained with encoder {model.encoder!r}, not {encoder.name!r}"
            )
        self.model = model
        self.model_id = model.model_id
        self._classifier = Classifier(model, encoder)
        self._danger = model.labels.index(DANGER) if DANGER in model.labels else None

    def parse(self, text: str, *, now: datetime) -> Understanding:
        """The whole message as one question; never raises on any text.

        Only the first ``MAX_CHARS`` characters are read. A message that says nothing is
        ``out_of_scope``.
        """
        return self._understand(text, now)

    def parse_many(self, text: str, now: datetime) -> list[Understanding]:
        """The questions of a message in the order they were asked, one to three.

        With several, each `Understanding` holds its own part of the message as ``text``, and
        offsets count from the beginning of that part. A danger in any part comes first, alone.
        """
        spans = self._spans(text[:MAX_CHARS])
        if len(spans) == 1:
            return [self._understand(text, now)]
        parts = [self._understand(text[start:end], now) for start, end in spans]
        several = len(_grouped(parts, spans, None)) > 1
        # What the whole says of its less likely labels decides which parts are questions.
        whole = self._understand(text, now, thorough=several)
        if whole.intent == DANGER:
            return [whole]
        for part in parts:
            if part.intent == DANGER:
                return [part]
        groups = _grouped(parts, spans, whole) if several else spans[:1]
        if len(groups) == 1:
            return [whole]
        read = dict(zip(spans, parts, strict=True))
        return [
            read.get((start, end)) or self._understand(text[start:end], now)
            for start, end in groups[:MOST_QUESTIONS]
        ]

    def explain(self, text: str) -> Explanation:
        """Why the message is read as it is: parts, features, nearest training phrases."""
        normalised = self._classifier.normaliser.normalise(text)
        asked, _ = self._look(normalised, self._sufficient)
        sufficed = self._sufficient(self._classifier.score(asked, lambda _: True))
        return explain(self._classifier, asked, ngrams_sufficed=sufficed)

    def _understand(self, text: str, now: datetime, *, thorough: bool = False) -> Understanding:
        normalised = self._classifier.normaliser.normalise(text)
        if not normalised.text.strip():
            only = Ranked(OUT_OF_SCOPE, 1.0)
            return Understanding(text, only.intent, only.confidence, (only,), (), self.model_id)
        _, scores = self._look(normalised, None if thorough else self._sufficient)
        ranking = self._ranking(scores)
        best = ranking[0]
        entities = extract(normalised, now=now, intent=best.intent)
        return Understanding(text, best.intent, best.confidence, ranking, entities, self.model_id)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Parts that may be questions; what is polite at the ends belongs to the first and last."""
        if not self.model.russian:
            return split_questions(text)
        asked = matter(text)
        parts = split_questions(text[asked.start : asked.end])
        starts = [0, *(asked.start + start for start, _ in parts[1:])]
        ends = [*(asked.start + end for _, end in parts[:-1]), len(text)]
        return list(zip(starts, ends, strict=True))

    def _look(
        self, normalised: Normalised, enough: Callable[[Scores], bool] | None
    ) -> tuple[Normalised, Scores]:
        """What is asked without the politeness around it, and what it means."""
        if not self.model.russian:
            return normalised, self._classifier.score(normalised, enough)
        text = normalised.original
        found = matter(text)
        asked = normalised.within(found.start, found.end)
        scores = self._classifier.score(asked, enough)
        if found.closed and not self._asks(scores):
            asked = normalised.within(found.start, len(text))
            scores = self._classifier.score(asked, enough)
        return asked, scores

    def _asks(self, scores: Scores) -> bool:
        """Whether words before a closing are a matter («где офис, спасибо») or why one thanks
        («всё получилось, спасибо», «оплатил, спасибо»)."""
        best = int(scores.probabilities.argmax())
        if best == self._danger:
            return True
        brief = len(scores.words) < _TOLD_IN_WORDS
        if self.model.labels[best] in _AGREED or (
            brief and scores.probabilities[best] < _CLEAR_OF_TWO
        ):
            return False
        return not (brief and any(map(morphology.is_past, scores.words)))

    def _sufficient(self, scores: Scores) -> bool:
        """Whether the n-grams alone are sure, and nothing at all speaks for a danger."""
        best = int(scores.probabilities.argmax())
        if scores.probabilities[best] < SURE or best == self._danger:
            return False
        if self._danger is None:
            return True
        if scores.probabilities[self._danger] >= danger.NO_HINT:
            return False
        return not danger.is_described(" ".join(scores.words))

    def _ranking(self, scores: Scores) -> tuple[Ranked, ...]:
        ordered = ranked(scores.probabilities, self.model.labels)
        confidence = dict(ordered).get(DANGER, 0.0)
        words = " ".join(scores.words)
        alarm = danger.confidence(confidence, described=lambda: danger.is_described(words))
        if alarm:
            ordered.remove((DANGER, confidence))
            ordered.insert(0, (DANGER, alarm))
        return tuple(Ranked(intent, share) for intent, share in ordered[:_RANKED_SHOWN])


def _grouped(
    parts: list[Understanding], spans: list[tuple[int, int]], whole: Understanding | None
) -> list[tuple[int, int]]:
    """Spans of questions: parts of one meaning are joined, unclear ones go with a neighbour.

    Without ``whole`` no part is ruled out by it.
    """
    groups: list[tuple[int, int]] = []
    current: str | None = None
    for part, (start, end) in zip(parts, spans, strict=True):
        clear = _is_clear(part, of=len(parts)) and (whole is None or _is_possible(part, whole))
        if not groups:
            groups.append((start, end))
            current = part.intent if clear else None
        elif not clear or current is None or part.intent == current:
            groups[-1] = (groups[-1][0], end)
            current = part.intent if clear else current
        else:
            groups.append((start, end))
            current = part.intent
    return groups


def _is_clear(part: Understanding, *, of: int) -> bool:
    """Whether a part is a question by itself; ``of``: how many parts the message has."""
    least = _CLEAR_OF_TWO if of == 2 else _CLEAR_OF_MORE
    return part.confidence >= least and part.intent not in _NO_QUESTION


def _is_possible(part: Understanding, whole: Understanding) -> bool:
    """Whether the whole message leaves room for the part's question."""
    share = next((one.confidence for one in whole.ranking if one.intent == part.intent), 0.0)
    if share >= _LEAST_IN_WHOLE:
        return True
    if part.confidence < _CLEAR_AGAINST_WHOLE:
        return False
    # «Пришла квитанция. Там пени.»: a story's sentence.
    return not any(map(morphology.is_past, _WORD.findall(part.text.lower())))


def train_engine(
    data_paths: Iterable[Path],
    articles_dir: Path | None,
    *,
    seed: int = DEFAULT_SEED,
    progress: Callable[[str, float], None] | None = None,
    encoder: Encoder | None = None,
) -> EmbeddedEngine:
    """Train on files, folders and the articles' question variants. Raises `DataError`."""
    # Imported here: scipy costs a start of the application 1.5 s, and only training needs it.
    from nlu.training import train

    data = load_training_data(data_paths)
    if articles_dir is not None:
        data = TrainingData(data.examples + load_article_questions(articles_dir))
    return EmbeddedEngine(train(data, seed=seed, progress=progress, encoder=encoder), encoder)


def load_engine(path: Path, encoder: Encoder | None = None) -> EmbeddedEngine:
    """Load a stored model, trained with this encoder (the built-in one). Raises `ModelError`."""
    return EmbeddedEngine(Model.load(path), encoder)
