"""From an update as it came to a stored message: the same for webhook and long poll."""

import json
from typing import Any

from bots.intake import Intake
from bots.telegram.incoming import Unreadable, parse_update, read_body, read_object


class Receiver:
    """Whatever returns may be confirmed to Telegram; what raises comes again."""

    def __init__(self, intake: Intake, account_id: int) -> None:
        self._intake = intake
        self._account_id = account_id

    async def body(self, body: bytes) -> None:
        """A webhook's body. Raises Malformed when it is no update, else as ``Intake.accept``."""
        try:
            incoming = parse_update(read_body(body), self._account_id, self._intake.now())
        except Unreadable as error:
            await self._quarantine(body, error)
            return
        if incoming is not None:
            await self._intake.accept(incoming, body)

    async def value(self, value: Any) -> None:
        """One update of a poll's answer, as parsed JSON. Raises as ``body`` does."""
        raw = json.dumps(value).encode()
        try:
            incoming = parse_update(read_object(value), self._account_id, self._intake.now())
        except Unreadable as error:
            await self._quarantine(raw, error)
            return
        if incoming is not None:
            await self._intake.accept(incoming, raw)

    async def _quarantine(self, raw: bytes, error: Unreadable) -> None:
        # Refused, it would hold back its whole chat for a day.
        await self._intake.quarantine(
            self._account_id, "telegram", str(error.update_id), raw, error
        )
