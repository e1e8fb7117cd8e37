"""The estimate under a reading."""

import pytest

from billing.prices import Prices, estimate

ONE, TWO = {1: (547,)}, {2: (629, 312)}


def test_each_register_has_its_price() -> None:
    found = estimate((145_000, 89_000), Prices(TWO), 30)
    assert found is not None
    assert (found.kopecks, found.tariffs, found.total) == ((91_205, 27_768), (629, 312), 118_973)
    assert (found.range_kwh, found.beyond_range) == (None, False)


@pytest.mark.parametrize(
    ("kwh", "days", "beyond"),
    [
        (600, 30, False),
        (601, 30, True),
        (1_200, 61, False),  # two months: the range holds for each
        (1_201, 61, True),
        (601, 3, True),  # a month has no smaller part of a range
    ],
)
def test_a_range_is_of_a_month(kwh: int, days: int, beyond: bool) -> None:
    found = estimate((kwh * 1000,), Prices(ONE, first_range_kwh=600), days)
    assert found is not None
    assert (found.range_kwh, found.beyond_range) == (600, beyond)


@pytest.mark.parametrize("consumption", [(), (1_000, 1_000, 1_000)])
def test_what_has_no_price_is_left_out(consumption: tuple[int, ...]) -> None:
    assert estimate(consumption, Prices(ONE | TWO), 30) is None
