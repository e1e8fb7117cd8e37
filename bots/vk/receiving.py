"""From an event as it came to a stored message: the same for callback and long poll."""

import json
from typing import Any

from bots.intake import Intake
from bots.storing import store
from bots.vk.incoming import CHANNEL, event_id, parse_event
from bots.vk.names import Names
from bots.vk.seen import Seen
from bots.vk.staff_replies import StaffReplies
from storage.outage import is_outage


class Receiver:
    """Whatever returns may be confirmed to VK; what raises comes again."""

    def __init__(
        self, intake: Intake, names: Names, replies: StaffReplies, seen: Seen, *, account_id: int
    ) -> None:
        self._intake = intake
        self._account_id = account_id
        self._seen = seen
        self._names = names
        self._replies = replies

    async def event(self, event: Any) -> None:
        """Raises Malformed, else as ``Intake.accept``."""
        if isinstance(event, dict) and event.get("type") == "message_reply":
            await self._reply(event)
            return
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
            self._seen.came(incoming.chat_id)

    async def _reply(self, event: dict[str, Any]) -> None:
        key = event_id(event)
        try:
            await self._replies.take(event)
        except Exception as error:
            if is_outage(error):
                raise
            raw = json.dumps(event).encode()
            await self._intake.quarantine(self._account_id, CHANNEL, key, raw, error)
