"""Requests between Okno and the company's billing system: signed, and good for minutes. Pure.

``x-okno-timestamp``: Unix seconds. ``x-okno-signature``: HMAC-SHA256 in hex, by the common secret,
over ``timestamp\\nMETHOD\\npath?query\\n`` and the body. The same both ways; docs/billing-api.yaml.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

TIMESTAMP = "x-okno-timestamp"
SIGNATURE = "x-okno-signature"
# Clocks differ; what was recorded is of no use later.
WINDOW = timedelta(minutes=5)


def sign(secret: bytes, timestamp: str, method: str, target: str, body: bytes) -> str:
    """``target``: the path with its query, as it stands in the request line."""
    head = f"{timestamp}\n{method.upper()}\n{target}\n".encode()
    return hmac.new(secret, head + body, sha256).hexdigest()


def headers(secret: bytes, now: datetime, method: str, target: str, body: bytes) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: sign(secret, timestamp, method, target, body)}


def is_signed(
    secret: bytes,
    now: datetime,
    method: str,
    target: str,
    body: bytes,
    *,
    timestamp: str,
    signature: str,
) -> bool:
    """Whether it is the other side's, and of now."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return False
    expected = sign(secret, timestamp, method, target, body)
    return hmac.compare_digest(expected.encode(), signature.encode())
