import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import energy_cost, roubles


@pytest.mark.parametrize(
    ("kopecks", "text"),
    [
        (0, "0,00 ₽"),
        (5, "0,05 ₽"),
        (123456, "1 234,56 ₽"),
        (-123456, "−1 234,56 ₽"),
        (100000000, "1 000 000,00 ₽"),
    ],
)
def test_sums_are_written_the_russian_way(kopecks: int, text: str) -> None:
    assert roubles(kopecks).replace("\u00a0", " ") == text


def test_a_sum_is_never_torn_apart() -> None:
    assert " " not in roubles(123456789)


@given(st.integers(-(10**12), 10**12))
def test_no_kopeck_is_lost_in_writing(kopecks: int) -> None:
    digits = "".join(c for c in roubles(kopecks) if c.isdigit())
    assert int(digits) == abs(kopecks)


@pytest.mark.parametrize(
    ("kwh", "tariff", "kopecks"), [(1000, 547, 547), (500, 547, 274), (165500, 547, 90529)]
)
def test_energy_cost_is_rounded_halves_up(kwh: int, tariff: int, kopecks: int) -> None:
    assert energy_cost(kwh, tariff) == kopecks
