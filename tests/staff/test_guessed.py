"""Which passwords are refused because they are guessed first, and which are not."""

import pytest

from staff.guessed import common_words, is_common, is_guessed_first
from staff.passwords import SHORTEST, generate


@pytest.mark.parametrize(
    "password",
    [
        "basketball",  # stands in the list as it is
        "Password2024!!", "Dragon1987!!", "123princess123", "2026Summer2026",  # with ends
        "P@$$w0rd-2026", "$unsh1ne2026", "ba5ketb@ll!", "f00tba11-99",  # signs for letters
        "buddybuddy", "starwars-starwars-7", "Tigger-tigger",  # again and again
        "gfhjkm2026!!", "Ghbdtn-12345", "Наташа-1990", "Марина_1985",  # the other layout
        "ЙЦУКЕНГШЩЗ", "йцукен-йцукен", "zaq12wsxcde3", "qazwsxedcr",  # rows and columns of keys
        "Solnyshko99", "Rossiya2024", "ab12ab12ab12",
    ],
)  # fmt: skip
def test_common_words_and_rows_of_keys_whatever_stands_around(password: str) -> None:
    assert is_guessed_first(password)


def test_the_list_holds_more_than_the_standard_asks_for() -> None:
    words = [word for lines in common_words().values() for word in lines.split()]
    assert len(words) > 40_000
    assert sum(len(word) >= SHORTEST for word in words) > 3_000
    assert not is_common("")


def test_what_somebody_made_up_or_a_generator_is_taken() -> None:
    for password in (
        "correct horse battery", "кот-рояль-тундра", "сорок два рояля", "7391-кот-5820",
        "tundra-royal-9", *(generate() for _ in range(100)),
    ):  # fmt: skip
        assert not is_guessed_first(password), password
