"""What a customer most likely meant when a reading does not fit.

The slips people make at a meter: day and night swapped, two neighbouring digits transposed, the
comma lost or put in a wrong place.
"""

from collections.abc import Iterator
from itertools import permutations


def likely_meant(
    values: tuple[int, ...],
    previous: tuple[int, ...] | None,
    *,
    capacity: int,
    step: int,
    most: int,
    expected: int,
) -> tuple[int, ...] | None:
    """The slip whose undoing fits best, or ``None`` when none fits.

    All numbers are thousandths; what is finer than ``step`` is cut off. A candidate fits when it
    is on the register (below ``capacity``), not less than ``previous`` and consumes at most
    ``most``; the one nearest to the ``expected`` consumption wins. Without ``previous`` nothing
    can be judged.
    """
    if previous is None or len(previous) != len(values):
        return None
    best: tuple[int, tuple[int, ...]] | None = None
    for slip in _candidates(values):
        candidate = tuple(value - value % step for value in slip)
        if max(candidate) >= capacity:
            continue
        used = [new - old for old, new in zip(previous, candidate, strict=True)]
        if min(used) < 0 or not 0 < sum(used) <= most:
            continue
        distance = abs(sum(used) - expected)
        if best is None or distance < best[0]:
            best = (distance, candidate)
    return best[1] if best else None


def _candidates(values: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for order in permutations(values):
        if order != values:
            yield order
    for place, value in enumerate(values):
        for other in _transposed(value):
            yield (*values[:place], other, *values[place + 1 :])
    for power in (10, 100, 1000):
        yield tuple(value * power for value in values)
        if all(value % power == 0 for value in values):
            yield tuple(value // power for value in values)


def _transposed(value: int) -> Iterator[int]:
    """The value with two neighbouring digits of its whole part changed over."""
    whole, fraction = divmod(value, 1000)
    digits = str(whole)
    for place in range(len(digits) - 1):
        left, right = digits[place], digits[place + 1]
        if left != right:
            yield int(digits[:place] + right + left + digits[place + 2 :]) * 1000 + fraction
