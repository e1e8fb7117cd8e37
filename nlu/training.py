"""From phrases to a model, in seconds, on one core."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nlu import kernel, morphology, regression
from nlu.augmentation import augmented
from nlu.classifier import centred, nearness, projected
from nlu.encoders import Encoder, default_encoder
from nlu.model import DEFAULT_SEED, Model, Phrase
from nlu.ngrams import FeatureBlock, char_features, word_features
from nlu.normalise import Normaliser
from nlu.training_data import Example, TrainingData, load_training_data

__all__ = ["load_training_data", "train"]

# One part in so many is held back for calibration.
_HELD_BACK: Final = 5
_LEAST_SEEN: Final = 2
# A word outside the dictionary is the domain's own (not a slip) when this many phrases have it.
_LEAST_UNKNOWN: Final = 3
_CYRILLIC_WORD: Final = re.compile(r"[а-я]+")

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class _Space:
    """Phrases as numbers: n-gram blocks, sentence vectors, vectors along the kept directions."""

    ngrams: tuple[Any, Any]
    vectors: NDArray[np.float32]
    anchors: NDArray[np.float32]

    def __getitem__(self, rows: Any) -> "_Space":
        words, chars = self.ngrams
        return _Space((words[rows], chars[rows]), self.vectors[rows], self.anchors[rows])

    @property
    def blocks(self) -> list[Any]:
        return [*self.ngrams, self.vectors]


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The two classifiers: ``weights`` per feature, ``says`` per phrase. ``ngrams_say``: per phrase
    too, when only n-grams are looked at."""

    weights: NDArray[np.float32]
    says: NDArray[np.float32]
    ngrams_say: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Scales:
    """By what scores are multiplied: both classifiers' before they are added, the n-grams'."""

    linear: float = 1.0
    nearest: float = 1.0
    ngrams: float = 1.0


def train(
    data: TrainingData,
    *,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
    russian: bool = True,
) -> Model:
    """Fit both classifiers and calibrate their sum on phrases they were not fitted on.

    ``progress`` gets the name of a step and its share done, 0 to 1. The same data, seed and
    encoder give the same model. ``russian=False`` is for data in another language.
    """
    report = progress or _silent
    encoder = encoder or default_encoder()
    labels = data.intents
    report("read", 0.0)
    texts = [example.text for example in data.examples]
    copies = augmented(texts, seed) if russian else []
    numbers = {label: index for index, label in enumerate(labels)}
    targets = np.array([numbers[example.intent] for example in data.examples])
    all_targets = np.concatenate([targets, targets[[index for index, _ in copies]]]).astype(int)

    vocabulary = build_vocabulary(data.examples) if russian else {}
    normaliser = Normaliser(vocabulary, russian=russian)
    normalised = [normaliser.normalise(text) for text in (*texts, *(text for _, text in copies))]
    words = [normaliser.words(text) for text in normalised]
    word_documents = [word_features(found, russian=russian) for found in words]
    char_documents = [char_features(found) for found in words]
    word_block = FeatureBlock.fit(word_documents, least=_LEAST_SEEN)
    char_block = FeatureBlock.fit(char_documents, least=_LEAST_SEEN)
    report("encode", 0.0)
    encoded = encoder.encode([text.text for text in normalised])
    mean = encoded[: len(texts)].mean(axis=0)
    vectors = centred(encoded, mean)
    projection = kernel.fit_projection(vectors[: len(texts)])
    space = _Space(
        (_matrix(word_block, word_documents), _matrix(char_block, char_documents)),
        vectors,
        projected(vectors, projection),
    )
    scales = _calibrate(space[: len(texts)], targets, len(labels), seed, report)
    fitted = _fit(space, all_targets, len(texts), len(labels), lambda share: report("fit", share))
    weights = _folded(fitted, space[: len(texts)].ngrams, scales)
    return Model(
        labels=labels,
        vocabulary=vocabulary,
        words=word_block,
        chars=char_block,
        weights=weights.astype(np.float16),
        ngram_weights=_ngram_weights(fitted, space[: len(texts)].ngrams, scales),
        vector_mean=mean,
        projection=projection,
        anchors=space.anchors[: len(texts)].astype(np.float16),
        anchor_weights=(kernel.MEANING_WEIGHT * scales.nearest * fitted.says).astype(np.float16),
        phrases=tuple(Phrase(example.text, example.intent) for example in data.examples),
        encoder=encoder.name,
        russian=russian,
        data_digest=data.digest,
        seed=seed,
    )


def build_vocabulary(examples: Iterable[Example]) -> dict[str, int]:
    """The domain's words with the number of phrases that have them; slips are left out."""
    counts: Counter[str] = Counter()
    for example in examples:
        counts.update(set(_CYRILLIC_WORD.findall(example.text.lower().replace("ё", "е"))))
    return {
        word: count
        for word, count in counts.items()
        if len(word) > 1 and (count >= _LEAST_UNKNOWN or morphology.is_known(word))
    }


def _fit(
    space: _Space,
    targets: NDArray[np.int64],
    phrases: int,
    classes: int,
    progress: Callable[[float], None],
) -> _Fitted:
    """The first ``phrases`` rows are phrases, the rest changed copies, for the features only."""
    own = space[:phrases]
    likeness = kernel.gram(own.ngrams, own.ngrams)
    ngrams_say = kernel.fit(likeness.copy(), targets[:phrases], classes)
    likeness += kernel.MEANING_WEIGHT * nearness(own.anchors @ own.anchors.T)
    says = kernel.fit(likeness, targets[:phrases], classes)
    weights = regression.fit(space.blocks, targets, classes, progress=progress)
    return _Fitted(weights, says, ngrams_say)


def _calibrate(
    space: _Space, targets: NDArray[np.int64], classes: int, seed: int, report: Progress
) -> _Scales:
    held = np.random.default_rng(seed).integers(0, _HELD_BACK, len(targets)) == 0
    if not held.any() or held.all():
        return _Scales()
    kept, back = space[~held], space[held]
    fitted = _fit(
        kept,
        targets[~held],
        int((~held).sum()),
        classes,
        lambda share: report("calibrate", share),
    )
    linear = regression.apply(back.blocks, fitted.weights)
    likeness = kernel.gram(back.ngrams, kept.ngrams)
    by_ngrams = likeness @ fitted.ngrams_say
    likeness += kernel.MEANING_WEIGHT * nearness(back.anchors @ kept.anchors.T)
    nearest = likeness @ fitted.says
    first = 1 / regression.fit_temperature(linear, targets[held])
    second = 1 / regression.fit_temperature(nearest, targets[held])
    both = 1 / regression.fit_temperature(first * linear + second * nearest, targets[held])
    alone = 1 / regression.fit_temperature(by_ngrams, targets[held])
    return _Scales(first * both, second * both, alone)


def _folded(fitted: _Fitted, ngrams: tuple[Any, Any], scales: _Scales) -> NDArray[np.float32]:
    """One weight per n-gram: likeness by n-grams is linear, so what it says can be summed now."""
    weights: NDArray[np.float32] = scales.linear * fitted.weights
    at = 0
    for block in ngrams:
        weights[at : at + block.shape[1]] += scales.nearest * (block.T @ fitted.says)
        at += block.shape[1]
    return weights


def _ngram_weights(
    fitted: _Fitted, ngrams: tuple[Any, Any], scales: _Scales
) -> NDArray[np.float16]:
    """The same sum for what is said where only n-grams are looked at."""
    blocks = [scales.ngrams * (block.T @ fitted.ngrams_say) for block in ngrams]
    return np.concatenate(blocks).astype(np.float16)


def _matrix(block: FeatureBlock, documents: Sequence[Sequence[str]]) -> sparse.csr_matrix:
    rows = [block.row(document) for document in documents]
    edges = np.cumsum([0, *(len(row.indices) for row in rows)])
    return sparse.csr_matrix(
        (
            np.concatenate([row.values for row in rows]),
            np.concatenate([row.indices for row in rows]),
            edges,
        ),
        shape=(len(documents), len(block)),
    )


def _silent(_step: str, _share: float) -> None:
    """No one is watching the training."""
