"""Client keys: drawn once per line, so that however often it is sent, it counts once."""

import secrets


def new_key() -> str:
    return secrets.token_hex(16)
