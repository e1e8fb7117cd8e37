"""From an update as it came to a stored message: the same for webhook and long poll."""

import json
from collections.abc import Callable
from typing import Any

from aiogram.types import Update

from bots.intake import Intake
from bots.telegram.incoming import UnreadableUpdate, parse_update, read_body, read_object


class Receiver:
    """Whatever returns may be confirmed to Telegram; what raises comes again."""

    def __init__(self, intake: Intake, account_id: int) -> None:
        self._intake = intake
        self._account_id = account_id

    async def body(self, body: bytes) -> None:
        """A webhook's body. Raises Malformed when it is no update, else as ``Intake.accept``."""
        await self._store(lambda: read_body(body), body)

    async def value(self, value: Any) -> None:
        """One update of a poll's answer, as parsed JSON. Raises as ``body`` does."""
        await self._store(lambda: read_object(value), json.dumps(value).encode())

    async def _store(self, read: Callable[[], Update], raw: bytes) -> None:
        try:
            incoming = parse_update(read(), self._account_id, self._intake.now())
        except UnreadableUpdate as error:
            # Refused, it would hold back its whole chat for a day.
            number = str(error.update_id)
            await self._intake.quarantine(self._account_id, "telegram", number, raw, error)
            return
        if incoming is not None:
            await self._intake.accept(incoming, raw)
