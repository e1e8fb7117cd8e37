"""From an event as it came to a stored message: the same for callback and long poll."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from bots.incoming import Unreadable
from bots.intake import Intake
from bots.reports import Reports
from bots.storing import store
from bots.vk.incoming import CHANNEL, event_id, parse_event
from bots.vk.names import Names
from bots.vk.seen import Seen
from bots.vk.staff_replies import StaffReplies
from storage.outage import is_outage


class Receiver:
    """Whatever returns may be confirmed to VK; what raises comes again."""

    def __init__(
        self, intake: Intake, names: Names, replies: StaffReplies, seen: Seen, reports: Reports,
        *, account_id: int,
    ) -> None:  # fmt: skip
        self._intake = intake
        self._account_id = account_id
        self._seen = seen
        self._names = names
        self._replies = replies
        self._reports = reports

    async def event(self, event: Any) -> None:
        """Raises Malformed, else as ``Intake.accept``."""
        match event.get("type") if isinstance(event, dict) else None:
            case "message_reply":
                return await self._beside(event, self._replies.take)
            case "message_read":
                return await self._beside(event, self._read)
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

    async def _read(self, event: dict[str, Any]) -> bool:
        """Callback «message_read»: by the customer, up to this message. Raises Unreadable."""
        try:
            value = event["object"]
            reader, peer = int(value["from_id"]), int(value["peer_id"])
            number = int(value["read_message_id"])
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable(f"message_read {event_id(event)}") from error
        return reader == peer and await self._reports.seen_up_to(str(peer), number)

    async def _beside(
        self, event: dict[str, Any], take: Callable[[dict[str, Any]], Awaitable[bool]]
    ) -> None:
        """What is no message of a customer's, and may be confirmed whatever it was."""
        key = event_id(event)
        try:
            await take(event)
        except Exception as error:
            if is_outage(error):
                raise
            raw = json.dumps(event).encode()
            await self._intake.quarantine(self._account_id, CHANNEL, key, raw, error)
