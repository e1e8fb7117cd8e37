"""Does the platform still know us? A token may be revoked or changed while we run.

Asked beside polls, webhooks and sending: a bot that nobody writes to would hear of it last.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import select, update

from bots.leased import under_lease
from conversations.events import Events
from conversations.models import BotAccount
from storage.database import Database

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 60.0


class TokenCheck:
    """``knows_us``: False when the platform refuses the token; raises when it does not answer,
    which says nothing of the token. Operators see since when it is refused."""

    def __init__(
        self, database: Database, events: Events, knows_us: Callable[[], Awaitable[bool]],
        *, channel: str, account_id: int, holder: str,
    ) -> None:  # fmt: skip
        self._database = database
        self._events = events
        self._knows_us = knows_us
        self._channel = channel
        self._account_id = account_id
        self._holder = holder

    async def run(self, stop: asyncio.Event) -> None:
        lease = f"token:{self._account_id}"
        await under_lease(self._database, lease, self._holder, self._keep, stop)

    async def _keep(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(PERIOD_SECONDS)

    async def look(self) -> None:
        try:
            await self._note(await self._knows_us())
        except Exception as error:
            log.warning("bots.not_asked", channel=self._channel, error=type(error).__name__)

    async def _note(self, known: bool) -> None:
        mine = BotAccount.id == self._account_id
        async with self._database.read() as session:
            since = await session.scalar(select(BotAccount.refused_since).where(mine))
        if known is (since is None):
            return
        async with self._database.write() as tx:
            await tx.session.execute(
                update(BotAccount).where(mine).values(refused_since=None if known else tx.now)
            )
            self._events.emit(tx, "channel.back" if known else "channel.failing")
        if not known:
            log.error("bots.token_refused", channel=self._channel, account=self._account_id)
