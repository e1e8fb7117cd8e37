"""From an event as it came to a stored message: the same for callback and long poll."""

import json
from typing import Any

from bots.intake import Intake
from bots.vk.incoming import CHANNEL, Unreadable, event_id, parse_event
from bots.vk.names import Names


class Receiver:
    """Whatever returns may be confirmed to VK; what raises comes again."""

    def __init__(self, intake: Intake, account_id: int, names: Names) -> None:
        self._intake = intake
        self._account_id = account_id
        self._names = names

    async def event(self, event: Any, raw: bytes | None = None) -> None:
        """Raises Unreadable when it is no event at all, else as ``Intake.accept``."""
        external_id = event_id(event)
        raw = raw if raw is not None else json.dumps(event).encode()
        try:
            incoming = parse_event(event, self._account_id, self._intake.now())
        except Unreadable as error:
            await self._intake.quarantine(self._account_id, CHANNEL, external_id, raw, error)
            return
        if incoming is not None:
            await self._intake.accept(incoming, raw)
            self._names.wanted(incoming.chat_id)
