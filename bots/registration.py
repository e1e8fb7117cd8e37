"""Telling a platform where our webhook is, and seeing to it that it stays told."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bots.leased import under_lease
from storage.database import Database

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0


class Registration:
    """``register`` is called at the start, after failures with growing pauses, and every
    ``period`` seconds. Only the holder of the account's lease does it."""

    def __init__(
        self,
        database: Database,
        register: Callable[[], Awaitable[None]],
        *,
        channel: str,
        account_id: int,
        holder: str,
        period: float,
    ) -> None:
        self._database = database
        self._register = register
        self._channel = channel
        self._lease = f"webhook:{account_id}"
        self._holder = holder
        self._period = period

    async def run(self, stop: asyncio.Event) -> None:
        await under_lease(self._database, self._lease, self._holder, self._keep, stop)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._register()
            except Exception as error:
                # The platform calls us back during the call: perhaps we do not listen yet.
                log.warning(
                    "bots.not_registered", channel=self._channel, error=type(error).__name__
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                pause = FIRST_PAUSE
                await asyncio.sleep(self._period)
