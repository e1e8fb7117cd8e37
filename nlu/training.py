"""From phrases to a model, in seconds, on one core."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nlu import morphology, regression
from nlu.classifier import centred
from nlu.encoders import Encoder, built_in_encoder
from nlu.model import DEFAULT_SEED, Model, Phrase
from nlu.ngrams import FeatureBlock, char_features, word_features
from nlu.normalise import Normaliser
from nlu.training_data import Example, TrainingData, load_training_data

__all__ = ["load_training_data", "train"]

_FOLDS: Final = 4
_LEAST_WORDS: Final = 1
_LEAST_CHARS: Final = 2
# A word outside the dictionary is the domain's own (not a slip) when this many phrases have it.
_LEAST_UNKNOWN: Final = 3
_CYRILLIC_WORD: Final = re.compile(r"[а-я]+")

Progress = Callable[[str, float], None]


def train(
    data: TrainingData,
    *,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
    russian: bool = True,
) -> Model:
    """Fit the classifier and calibrate it on phrases it was not fitted on.

    ``progress`` gets the name of a step and its share done, 0 to 1. The same data, seed and
    encoder give the same model. ``russian=False`` is for data in another language.
    """
    report = progress or _silent
    encoder = encoder or built_in_encoder()
    examples = data.examples
    labels = data.intents
    report("read", 0.0)
    vocabulary = build_vocabulary(examples) if russian else {}
    normaliser = Normaliser(vocabulary, russian=russian)
    normalised = [normaliser.normalise(example.text) for example in examples]
    words = [normaliser.words(text) for text in normalised]
    word_documents = [word_features(found, russian=russian) for found in words]
    char_documents = [char_features(found) for found in words]
    word_block = FeatureBlock.fit(word_documents, least=_LEAST_WORDS)
    char_block = FeatureBlock.fit(char_documents, least=_LEAST_CHARS)
    report("encode", 0.0)
    encoded = encoder.encode([text.text for text in normalised])
    mean = encoded.mean(axis=0)
    vectors = centred(encoded, mean)
    blocks = [_matrix(word_block, word_documents), _matrix(char_block, char_documents), vectors]
    numbers = {label: index for index, label in enumerate(labels)}
    targets = np.array([numbers[example.intent] for example in examples])
    weights = regression.fit(
        blocks, targets, len(labels), progress=lambda share: report("fit", share)
    )
    temperature = _calibrate(blocks, targets, len(labels), seed, report)
    return Model(
        labels=labels,
        vocabulary=vocabulary,
        words=word_block,
        chars=char_block,
        weights=weights.astype(np.float16),
        vector_mean=mean,
        vectors=vectors.astype(np.float16),
        phrases=tuple(Phrase(example.text, example.intent) for example in examples),
        temperature=temperature,
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


def _calibrate(
    blocks: Sequence[regression.Block],
    targets: NDArray[np.int64],
    classes: int,
    seed: int,
    report: Progress,
) -> float:
    """Fit the temperature on one fold that a second fit has not seen."""
    held = np.random.default_rng(seed).integers(0, _FOLDS, len(targets)) == 0
    if not held.any() or held.all():
        return 1.0
    weights = regression.fit(
        [block[~held] for block in blocks],
        targets[~held],
        classes,
        progress=lambda share: report("calibrate", share),
    )
    return regression.fit_temperature(
        regression.apply([block[held] for block in blocks], weights), targets[held]
    )


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
