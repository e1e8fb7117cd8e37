"""Kernel ridge regression: which training phrases a message resembles.

The linear classifier asks which features speak for a label; this one asks how near the message is
to each phrase, so that far from all of them nothing speaks for anything. The two err differently,
and their sum is better than either (docs/decisions/0102).
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

# Numbers that are kept of a sentence vector: the leading directions of the training phrases.
PROJECTED: Final = 128
# What meaning counts beside words and characters (each 1).
MEANING_WEIGHT: Final = 2.0
_RIDGE: Final = 1.0


def fit_projection(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The leading directions of the vectors, one per column."""
    _, directions = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    kept = directions[:, ::-1][:, : min(PROJECTED, len(vectors))]
    # The sign of a direction is arbitrary; fixed, so that equal data give equal bytes.
    signs = np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])])
    fixed: NDArray[np.float32] = (kept * signs).astype(np.float32)
    return fixed


def gram(rows: Sequence[Any], columns: Sequence[Any]) -> NDArray[np.float32]:
    """Likeness of each row phrase to each column phrase by their n-grams."""
    likeness = np.zeros((rows[0].shape[0], columns[0].shape[0]), dtype=np.float32)
    for left, right in zip(rows, columns, strict=True):
        likeness += np.asarray((left @ right.T).todense(), dtype=np.float32)
    return likeness


def fit(
    likeness: NDArray[np.float32], targets: NDArray[np.int64], classes: int
) -> NDArray[np.float32]:
    """What each phrase says for each label, given their likeness, which is overwritten."""
    wanted = np.zeros((len(targets), classes), dtype=np.float32)
    wanted[np.arange(len(targets)), targets] = 1
    likeness[np.diag_indices(len(targets))] += _RIDGE
    factor = linalg.cho_factor(likeness, lower=True, overwrite_a=True, check_finite=False)
    solved: NDArray[np.float32] = linalg.cho_solve(factor, wanted, check_finite=False)
    return solved
