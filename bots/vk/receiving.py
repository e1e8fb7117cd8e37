"""From an event as it came to a stored message: the same for callback and long poll."""

import json
from typing import Any

from bots.intake import Intake
from bots.storing import store
from bots.vk.incoming import CHANNEL, event_id, parse_event
from bots.vk.names import Names


class Receiver:
    """Whatever returns may be confirmed to VK; what raises comes again."""

    def __init__(self, intake: Intake, account_id: int, names: Names) -> None:
        self._intake = intake
        self._account_id = account_id
        self._names = names

    async def event(self, event: Any) -> None:
        """Raises Malformed, else as ``Intake.accept``."""
        incoming = await store(
            self._intake,
            self._account_id,
            CHANNEL,
            event_id(event),
            json.dumps(event).encode(),
            lambda: parse_event(event, self._account_id, self._intake.now()),
        )
        if incoming is not None:
            self._names.wanted(incoming.chat_id)
