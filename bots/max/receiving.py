"""From an update as it came to a stored message: the same for webhook and long poll."""

import json
from typing import Any

from bots.intake import Intake
from bots.max.incoming import CHANNEL, Unreadable, event_id, parse_update


class Receiver:
    """Whatever returns may be confirmed to MAX; what raises comes again."""

    def __init__(self, intake: Intake, account_id: int, token: str) -> None:
        self._intake = intake
        self._account_id = account_id
        self._token = token

    async def update(self, update: Any, raw: bytes | None = None) -> None:
        """Raises Unreadable when it is no update at all, else as ``Intake.accept``."""
        external_id = event_id(update)
        raw = raw if raw is not None else json.dumps(update).encode()
        try:
            incoming = parse_update(update, self._account_id, self._token)
        except Unreadable as error:
            await self._intake.quarantine(self._account_id, CHANNEL, external_id, raw, error)
            return
        if incoming is not None:
            await self._intake.accept(incoming, raw)
