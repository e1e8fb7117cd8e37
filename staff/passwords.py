"""Passwords: what is accepted, how they are kept (argon2id) and made up."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from staff.errors import PasswordTooWeak
from staff.guessed import is_guessed_first

Result = TypeVar("Result")

SHORTEST = 10
LONGEST = 200
# One hash takes 64 MB and tens of milliseconds of a core: a burst of logins has to queue.
PARALLEL_HASHES = 2

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
        raise PasswordTooWeak(
            "Такой пароль подбирают в первую очередь: он из частого слова или ряда клавиш, а цифры "
            "и знаки вокруг не помогают. Возьмите три-четыре не связанных слова."
        )


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
