"""Who is served first when more wait than can be served."""

import random


def newest_of(places: int) -> int:
    """How many of the places go to those who came last; the rest to those who wait longest.

    After an outage thousands wait at once. In their order alone, a customer who writes now would
    stand behind them all; newest first, those who have waited longest would wait on.
    """
    return (places + random.getrandbits(1)) // 2
