"""Multinomial logistic regression over several blocks of features, and its temperature."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize, minimize_scalar

from nlu.classifier import softmax

# Sparse (n-grams) or dense (vectors), one row per phrase.
# (scipy has no types.)
Block = Any

# The inverse of the regularisation's strength, and how long to search; docs/decisions/0102.
STRENGTH: Final = 20.0
ITERATIONS: Final = 40


def fit(
    blocks: Sequence[Block],
    targets: NDArray[np.int64],
    classes: int,
    *,
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.float32]:
    """Weights with a row per feature of all blocks and one for the bias, a column per class.

    Deterministic: the search begins at zero. ``progress`` gets 0 to 1.
    """
    widths = [block.shape[1] for block in blocks]
    edges = np.cumsum([0, *widths])
    size = int(edges[-1])
    turned = [block.T.tocsr() if sparse.issparse(block) else block.T for block in blocks]
    rows = np.arange(len(targets))

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(size + 1, classes).astype(np.float32)
        logits = apply(blocks, weights)
        top = logits.max(axis=1, keepdims=True)
        raised = np.exp(logits - top)
        total = raised.sum(axis=1, keepdims=True)
        surprise = np.log(total[:, 0]) + top[:, 0] - logits[rows, targets]
        value = STRENGTH * float(surprise.sum()) + 0.5 * float((weights[:size] ** 2).sum())
        slope = raised / total
        slope[rows, targets] -= 1
        slope *= STRENGTH
        gradient = np.empty_like(weights)
        for index, block in enumerate(turned):
            gradient[edges[index] : edges[index + 1]] = block @ slope
        gradient[:size] += weights[:size]
        gradient[size] = slope.sum(axis=0)
        return value, gradient.ravel().astype(np.float64)

    done = 0

    def step(_: NDArray[np.float64]) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(1.0, done / ITERATIONS))

    found = minimize(
        loss,
        np.zeros((size + 1) * classes),
        jac=True,
        method="L-BFGS-B",
        callback=step,
        options={"maxiter": ITERATIONS, "maxcor": 5},
    )
    weights: NDArray[np.float32] = found.x.reshape(size + 1, classes).astype(np.float32)
    return weights


def apply(blocks: Sequence[Block], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits, a row per phrase."""
    logits: NDArray[np.float32] = np.tile(weights[-1], (blocks[0].shape[0], 1))
    at = 0
    for block in blocks:
        logits = logits + block @ weights[at : at + block.shape[1]]
        at += block.shape[1]
    return logits


def fit_temperature(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """The divisor of logits under which the true labels are least surprising."""
    rows = np.arange(len(targets))

    def surprise(log_temperature: float) -> float:
        probabilities = softmax(logits / np.exp(log_temperature))
        return -float(np.log(np.maximum(probabilities[rows, targets], 1e-12)).mean())

    found = minimize_scalar(surprise, bounds=(-5.0, 3.0), method="bounded")
    return float(np.exp(found.x))
