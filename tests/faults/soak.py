"""How long the faults go on: once in CI, in rounds for ``make soak``.

``OKNO_SOAK_MINUTES``: shared evenly by the scenes. ``OKNO_SOAK_SEED``: where the rounds begin;
the seed of each is printed, and repeats its moments.
"""

import os
import time
from collections.abc import Iterator
from random import Random

MINUTES = float(os.environ.get("OKNO_SOAK_MINUTES", "0"))
SOAKING = MINUTES > 0
FIRST_SEED = int(os.environ.get("OKNO_SOAK_SEED", "1"))
# Messages that wait for us after an outage.
FLOOD = 10_000 if SOAKING else 500
# Tests that go on in rounds, each database of its own.
SCENES = 5


def rounds() -> Iterator[tuple[int, Random]]:
    """(seed, chance) of each round: one, or as many as the time allows."""
    ends = time.monotonic() + MINUTES * 60 / SCENES
    seed = FIRST_SEED
    while True:
        print(f"OKNO_SOAK_SEED={seed}", flush=True)
        yield seed, Random(seed)
        seed += 1
        if time.monotonic() >= ends:
            return
