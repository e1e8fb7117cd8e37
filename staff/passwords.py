"""Passwords: what is accepted, how they are kept (argon2id) and made up."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from staff.errors import PasswordTooWeak

Result = TypeVar("Result")

SHORTEST = 10
LONGEST = 200
# One hash takes 64 MB and tens of milliseconds of a core: a burst of logins has to queue.
PARALLEL_HASHES = 2

# What passwords in Russia begin with, and what stands nearest here: the company's trade, our name.
_GUESSED = (
    "password", "parol", "пароль", "qwerty", "йцукен", "qazwsx", "asdfgh", "zxcvbn", "фывапр",
    "ячсмит", "admin", "админ", "administrator", "root", "welcome", "login", "user", "operator",
    "оператор", "okno", "окно", "energosbyt", "энергосбыт", "energo", "энерго", "sbyt", "сбыт",
    "svet", "свет", "iloveyou", "love", "люблю", "privet", "привет", "letmein", "monkey",
    "dragon", "master", "secret", "секрет", "test", "тест", "demo", "демо", "spartak", "zenit",
    "россия", "russia", "москва", "moscow", "зима", "весна", "лето", "осень", "zima", "vesna",
    "leto", "osen", "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август",
    "сентябрь", "октябрь", "ноябрь", "декабрь", "123456", "12345", "1234", "123", "321",
)  # fmt: skip
_LOOKALIKES = str.maketrans("@$!", "asi")
_ROWS = (
    "1234567890", "0123456789", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "йцукенгшщзхъ",
    "фывапролджэ", "ячсмитьбю.", "abcdefghijklmnopqrstuvwxyz", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p",
)  # fmt: skip
# So much of one's own must be left when those words are taken away.
_OWN_LETTERS, _OWN_DIGITS = 4, 8

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


def generate() -> str:
    """A password to hand over once: about 69 bits, in groups that are easy to copy by hand."""
    letters = [secrets.choice(_ALPHABET) for _ in range(14)]
    return "-".join("".join(part) for part in (letters[:5], letters[5:10], letters[10:]))


def check_strength(password: str, *, login: str) -> None:
    """Raises PasswordTooWeak with a reason for the person."""
    if len(password) < SHORTEST:
        raise PasswordTooWeak(f"Пароль слишком короткий: нужно не меньше {SHORTEST} символов.")
    if len(password) > LONGEST:
        raise PasswordTooWeak(f"Пароль слишком длинный: можно не больше {LONGEST} символов.")
    if len(set(password)) < 5:
        raise PasswordTooWeak("В пароле слишком мало разных символов.")
    if login.casefold() in password.casefold():
        raise PasswordTooWeak("Пароль не должен содержать логин.")
    if is_guessed_first(password):
        raise PasswordTooWeak("Такой пароль подбирают в первую очередь. Придумайте другой.")


def is_guessed_first(password: str) -> bool:
    """Whether it is made of what everybody begins with: such words, rows of the keyboard, one
    piece again and again, with digits and signs around."""
    folded = password.casefold().translate(_LOOKALIKES)
    for word in _GUESSED:
        folded = folded.replace(word, "")
    letters = "".join(sign for sign in folded if sign.isalpha())
    if len(letters) < _OWN_LETTERS and not _has_many_digits(folded):
        return True
    plain = password.casefold()
    piece = any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, 5))
    return piece or any(_in_row(plain, row) for row in _ROWS)


def _has_many_digits(folded: str) -> bool:
    """Digits that are no year and no row: as a generator makes them."""
    digits = "".join(sign for sign in folded if sign.isdecimal())
    return len(digits) >= _OWN_DIGITS and not any(_in_row(digits, row) for row in _ROWS)


def _in_row(text: str, row: str) -> bool:
    return text in row * 3 or text in row[::-1] * 3


class Passwords:
    """Hashes and verifies off the event loop, a few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(PARALLEL_HASHES, thread_name_prefix="argon2")
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """``stored=None`` (nobody has this login) takes as long as a wrong password does."""
        if len(password) > LONGEST:
            return False
        if stored is None:
            if self._decoy is None:
                self._decoy = await self.hash(secrets.token_hex())
            await self._run(self._verify, self._decoy, password)
            return False
        return await self._run(self._verify, stored, password)

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with weaker settings than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., Result], *args: str) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
