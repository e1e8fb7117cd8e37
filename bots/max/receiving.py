"""From an update as it came to a stored message: the same for webhook and long poll."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from bots.incoming import Incoming
from bots.intake import Intake
from bots.max.incoming import (
    CHANNEL,
    event_id,
    parse_removed,
    parse_update,
    removed_message,
)
from bots.storing import store


class Receiver:
    """Whatever returns may be confirmed to MAX; what raises comes again."""

    def __init__(self, intake: Intake, account_id: int, token: str) -> None:
        self._intake = intake
        self._account_id = account_id
        self._token = token

    async def update(self, update: Any, raw: bytes | None = None) -> None:
        """Raises Malformed, else as ``Intake.accept``."""
        key = event_id(update)
        body = raw if raw is not None else json.dumps(update).encode()
        parse: Callable[[], Incoming | None] = partial(
            parse_update, update, self._account_id, self._token
        )
        removed = removed_message(update)
        if removed is not None:
            said = await self._intake.stored(self._account_id, removed)
            if said is None:
                return  # not a customer's, or of a chat of several
            parse = partial(parse_removed, update, self._account_id, said.text, said.data)
        await store(self._intake, self._account_id, CHANNEL, key, body, parse)
