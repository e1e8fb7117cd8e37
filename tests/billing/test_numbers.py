from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import BadValue, InvalidValue
from billing.numbers import format_kwh, format_value, parse_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345", 12345000),
        ("12 345", 12345000),
        ("12\u00a0345", 12345000),
        ("12'345", 12345000),
        ("12345.6", 12345600),
        ("12345,60", 12345600),
        ("12345,", 12345000),
        ("04512,7", 4512700),
        ("00000", 0),
        ("0000000012345", 12345000),
        ("12345,67891", 12345678),
        ("12345 кВт·ч", 12345000),
        ("12345 квт", 12345000),
        (" 12345 кВт*ч. ", 12345000),
    ],
)
def test_values_as_people_write_them(text: str, value: int) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", BadValue.NOT_A_NUMBER),
        ("двести", BadValue.NOT_A_NUMBER),
        ("12345/6789", BadValue.NOT_A_NUMBER),
        ("1,2,3", BadValue.NOT_A_NUMBER),
        (",5", BadValue.NOT_A_NUMBER),
        ("1e5", BadValue.NOT_A_NUMBER),
        ("٣٤٥", BadValue.NOT_A_NUMBER),
        ("-", BadValue.NOT_A_NUMBER),
        ("-двести", BadValue.NOT_A_NUMBER),
        ("nan", BadValue.NOT_A_NUMBER),
        ("-5", BadValue.NEGATIVE),
        ("−12 345,6", BadValue.NEGATIVE),
        ("9" * 10, BadValue.TOO_LONG),
        ("9" * 10_000, BadValue.TOO_LONG),
    ],
)
def test_what_is_no_value_says_why(text: str, reason: BadValue) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_value(text)
    assert caught.value.reason is reason


@given(st.text())
def test_any_text_gives_a_value_or_a_reason(text: str) -> None:
    with suppress(InvalidValue):
        assert 0 <= parse_value(text) < 10**12


@given(st.integers(0, 10**12 - 1))
def test_what_is_written_is_read_back(value: int) -> None:
    assert parse_value(format_value(value)) == value
    assert parse_value(format_kwh(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(4512700, "4 512,7"), (12345000, "12 345"), (50, "0,05"), (0, "0"), (1000, "1")],
)
def test_values_are_written_without_idle_zeros(value: int, text: str) -> None:
    assert format_value(value).replace("\u00a0", " ") == text
