"""A trained model as a value: what was learnt, and how it is stored without pickle."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nlu.errors import ModelError
from nlu.ngrams import FeatureBlock

# Part of a model's id: raised whenever the same data would give another model or another answer.
ENGINE_VERSION: Final = "3"

DEFAULT_SEED: Final = 20261121

_META: Final = "model.json"
# A fixed date, so that the same model has the same bytes.
_ZIP_DATE: Final = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A training phrase as explanations show it."""

    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that reading a message needs.

    ``weights`` has a row per feature in the order words, characters, vector, and one row for the
    bias; a column per label. ``anchors`` are the phrases' unit vectors along the directions of
    ``projection``, and ``anchor_weights`` what being near each of them says for each label.
    ``ngram_weights`` have a row per word and character feature, for a first look without the
    vector. All weights are scaled so that the sum of what they say, exponentiated, is a calibrated
    probability.
    """

    labels: tuple[str, ...]
    vocabulary: Mapping[str, int]
    words: FeatureBlock
    chars: FeatureBlock
    weights: NDArray[np.float16]
    ngram_weights: NDArray[np.float16]
    vector_mean: NDArray[np.float32]
    projection: NDArray[np.float32]
    anchors: NDArray[np.float16]
    anchor_weights: NDArray[np.float16]
    phrases: tuple[Phrase, ...]
    encoder: str
    russian: bool
    data_digest: str
    seed: int

    @property
    def model_id(self) -> str:
        """Twelve hex digits over the data, the seed, the encoder and the engine's version."""
        source = f"{ENGINE_VERSION}:{self.data_digest}:{self.encoder}:{self.seed}:{self.russian}"
        return hashlib.sha256(source.encode()).hexdigest()[:12]

    def to_bytes(self) -> bytes:
        """A zip of JSON and arrays; equal models give equal bytes."""
        meta = {
            "engine_version": ENGINE_VERSION,
            "labels": self.labels,
            "vocabulary": dict(sorted(self.vocabulary.items())),
            "words": self.words.names,
            "chars": self.chars.names,
            "phrases": [(phrase.text, phrase.intent) for phrase in self.phrases],
            "encoder": self.encoder,
            "russian": self.russian,
            "data_digest": self.data_digest,
            "seed": self.seed,
        }
        arrays: dict[str, NDArray[Any]] = {
            "words_idf": self.words.idf,
            "chars_idf": self.chars.idf,
            "weights": self.weights,
            "ngram_weights": self.ngram_weights,
            "vector_mean": self.vector_mean,
            "projection": self.projection,
            "anchors": self.anchors,
            "anchor_weights": self.anchor_weights,
        }
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            _write(archive, _META, json.dumps(meta, ensure_ascii=False).encode())
            for name, array in arrays.items():
                buffer = io.BytesIO()
                np.save(buffer, array, allow_pickle=False)
                _write(archive, f"{name}.npy", buffer.getvalue())
        return packed.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Model":
        """Raises `ModelError` if the bytes are no model of this engine's version."""
        try:
            with zipfile.ZipFile(io.BytesIO(stored)) as archive:
                meta = json.loads(archive.read(_META))
                if meta["engine_version"] != ENGINE_VERSION:
                    raise ModelError(
                        f"the model was trained by engine version {meta['engine_version']}, "
                        f"this is version {ENGINE_VERSION}: train it again"
                    )
                arrays = {
                    name.removesuffix(".npy"): np.load(
                        io.BytesIO(archive.read(name)), allow_pickle=False
                    )
                    for name in archive.namelist()
                    if name.endswith(".npy")
                }
            return cls._from_parts(meta, arrays)
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise ModelError(f"not a stored model: {error}") from error

    @classmethod
    def _from_parts(cls, meta: Mapping[str, Any], arrays: Mapping[str, Any]) -> "Model":
        return cls(
            labels=tuple(meta["labels"]),
            vocabulary=meta["vocabulary"],
            words=FeatureBlock(meta["words"], arrays["words_idf"]),
            chars=FeatureBlock(meta["chars"], arrays["chars_idf"]),
            weights=arrays["weights"],
            ngram_weights=arrays["ngram_weights"],
            vector_mean=arrays["vector_mean"],
            projection=arrays["projection"],
            anchors=arrays["anchors"],
            anchor_weights=arrays["anchor_weights"],
            phrases=tuple(Phrase(text, intent) for text, intent in meta["phrases"]),
            encoder=meta["encoder"],
            russian=meta["russian"],
            data_digest=meta["data_digest"],
            seed=meta["seed"],
        )

    def save(self, path: Path) -> None:
        """Write the file whole or not at all: a reader never sees half a model."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        partial.write_bytes(self.to_bytes())
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Raises `ModelError` if the file is missing or no model of this version."""
        try:
            stored = path.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read the model: {error}") from error
        return cls.from_bytes(stored)


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_ZIP_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content, compresslevel=1)
