"""Secrets of people as they lie in the database: AES-256-GCM under a key of the installation.

The key comes from ``OKNO_SECRET_KEY`` (HKDF, RFC 5869), so that a copy of the database alone opens
nothing. What a secret is about is bound to it: one person's is no good in another's row.
"""

import base64
import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from staff.errors import SecretUnreadable

# No Base32 secret begins so.
_MARK = "v1:"
_NONCE_BYTES = 12


class Seal:
    def __init__(self, secret: Callable[[], bytes]) -> None:
        """``secret``: asked for when it is first needed; at least 32 bytes."""
        self._secret = secret
        self._cipher: AESGCM | None = None

    def seal(self, text: str, about: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._aes().encrypt(nonce, text.encode(), about.encode())
        return _MARK + base64.b64encode(sealed).decode()

    def open(self, sealed: str, about: str) -> str:
        """Raises SecretUnreadable: sealed under another key, or about something else."""
        if not is_sealed(sealed):
            return sealed  # it lies open until ``second_factor.seal_all`` has come by
        try:
            raw = base64.b64decode(sealed.removeprefix(_MARK), validate=True)
            nonce, content = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            return self._aes().decrypt(nonce, content, about.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable(about) from error

    def _aes(self) -> AESGCM:
        if self._cipher is None:
            derived = HKDF(SHA256(), 32, salt=None, info=b"okno staff secrets")
            self._cipher = AESGCM(derived.derive(self._secret()))
        return self._cipher


def is_sealed(text: str) -> bool:
    return text.startswith(_MARK)
