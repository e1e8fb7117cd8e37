"""Long polling, meant by MAX for development: the next marker is sent only after the store.

Source: dev.max.ru, «GET /updates». Without a marker MAX gives only the latest update, so it is
kept in the database. A subscription excludes polling.
"""

import asyncio
from typing import Any

import httpx
import structlog

from bots.http_calls import NotUnderstood
from bots.incoming import Malformed
from bots.intake import Intake
from bots.leased import under_lease
from bots.max.api import MaxApi, MaxError
from bots.max.receiving import Receiver
from bots.position import position, save_position
from storage.database import Database

log = structlog.get_logger(__name__)

POLL_SECONDS = 30
PAUSE_SECONDS = 3.0
UPDATE_TYPES = ["message_created", "message_callback", "message_edited", "message_removed",
                "bot_started", "bot_stopped"]  # fmt: skip


class MaxPolling:
    def __init__(
        self, database: Database, intake: Intake, api: MaxApi, token: str,
        *, account_id: int, holder: str,
    ) -> None:  # fmt: skip
        self._database = database
        self._receiver = Receiver(intake, account_id, token)
        self._api = api
        self._account_id = account_id
        self._holder = holder

    async def run(self, stop: asyncio.Event) -> None:
        lease = f"poller:{self._account_id}"
        await under_lease(self._database, lease, self._holder, self._poll, stop)

    async def _poll(self) -> None:
        ready = False
        while True:
            try:
                if not ready:
                    await self._unsubscribe()
                    ready = True
                await self._turn()
            except (MaxError, NotUnderstood, httpx.HTTPError) as error:
                log.warning("bots.poll_failed", channel="max", error=str(error)[:100])
                ready = False
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:
                log.exception("bots.poll_failed", channel="max")
                await asyncio.sleep(PAUSE_SECONDS)

    async def _unsubscribe(self) -> None:
        found = await self._api.call("GET", "/subscriptions")
        for subscription in found.get("subscriptions") or ():
            await self._api.call("DELETE", "/subscriptions", params={"url": subscription["url"]})

    async def _turn(self) -> None:
        marker = await position(self._database, self._account_id)
        params: dict[str, Any] = {
            "limit": 100, "timeout": POLL_SECONDS, "types": ",".join(UPDATE_TYPES),
        }  # fmt: skip
        if marker is not None:
            params["marker"] = marker
        found = await self._api.call("GET", "/updates", params=params, seconds=POLL_SECONDS + 10)
        updates = found.get("updates") or ()
        # What was taken back has to be there before.
        for late in (False, True):
            await asyncio.gather(*(self._store(one) for one in updates if _is_late(one) is late))
        new = found.get("marker")
        if new is not None and new != marker:
            await save_position(self._database, self._account_id, int(new))

    async def _store(self, update: Any) -> None:
        try:
            await self._receiver.update(update)
        except Malformed:
            log.warning("bots.malformed_update", channel="max")


def _is_late(update: Any) -> bool:
    return isinstance(update, dict) and update.get("update_type") == "message_removed"
