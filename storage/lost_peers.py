"""A server that vanished without a word (a machine without power, a cut network) is noticed.

The kernel by itself would go on waiting for it for a quarter of an hour, and our requests with it.
"""

import socket
from typing import Any

IDLE_SECONDS, PROBE_SECONDS, PROBES = 10, 5, 2
UNANSWERED_MS = 20_000


def notice(connection: Any) -> None:
    """Have the kernel break an asyncpg connection whose server has been silent for 20 seconds: not
    the database, which may take its time, but its machine."""
    transport = getattr(connection, "_transport", None)
    sock = transport.get_extra_info("socket") if transport is not None else None
    if sock is None or sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Not every system has all of them under these names.
    for name, value in (
        ("TCP_KEEPIDLE", IDLE_SECONDS),
        ("TCP_KEEPINTVL", PROBE_SECONDS),
        ("TCP_KEEPCNT", PROBES),
        ("TCP_USER_TIMEOUT", UNANSWERED_MS),
    ):
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
