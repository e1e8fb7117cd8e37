"""From an update as it came to a stored message: the same for webhook and long poll."""

import json
from typing import Any

from bots.intake import Intake
from bots.max.incoming import CHANNEL, event_id, parse_update
from bots.storing import store


class Receiver:
    """Whatever returns may be confirmed to MAX; what raises comes again."""

    def __init__(self, intake: Intake, account_id: int, token: str) -> None:
        self._intake = intake
        self._account_id = account_id
        self._token = token

    async def update(self, update: Any, raw: bytes | None = None) -> None:
        """Raises Malformed, else as ``Intake.accept``."""
        await store(
            self._intake,
            self._account_id,
            CHANNEL,
            event_id(update),
            raw if raw is not None else json.dumps(update).encode(),
            lambda: parse_update(update, self._account_id, self._token),
        )
