"""What customers are called: VK's events carry no names, so they are asked for afterwards."""

import asyncio
from collections import OrderedDict

import structlog
from aiohttp import ClientError
from sqlalchemy import update

from bots.incoming import storable_name
from bots.stopping import until_stopped
from bots.vk.api import NotUnderstood, VkApi, VkError, pause
from conversations.models import Conversation
from storage.database import Database

log = structlog.get_logger(__name__)

AT_ONCE = 100
_REMEMBERED = 50_000


class Names:
    """``wanted`` takes note of a customer at once; ``run`` finds the names out in the background.

    A name that could not be found out is asked for again with the customer's next message after
    a restart: nothing depends on it but how the conversation is called.
    """

    def __init__(self, database: Database, api: VkApi, account_id: int) -> None:
        self._database = database
        self._api = api
        self._account_id = account_id
        self._known: OrderedDict[str, None] = OrderedDict()
        self._asked: asyncio.Queue[str] = asyncio.Queue()

    def wanted(self, chat_id: str) -> None:
        if chat_id in self._known:
            return
        self._known[chat_id] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        self._asked.put_nowait(chat_id)

    async def run(self, stop: asyncio.Event) -> None:
        await until_stopped(stop, self._work())

    async def _work(self) -> None:
        while True:
            ids = [await self._asked.get()]
            while not self._asked.empty() and len(ids) < AT_ONCE:
                ids.append(self._asked.get_nowait())
            try:
                await self._write(await self._api.call("users.get", user_ids=",".join(ids)))
            except (VkError, NotUnderstood, ClientError, TimeoutError) as error:
                log.warning("bots.names_unknown", channel="vk", error=type(error).__name__)
                for chat_id in ids:
                    self._known.pop(chat_id, None)
                await pause()
            except Exception:
                log.exception("bots.names_failed", channel="vk")
                await pause()

    async def _write(self, users: list[dict[str, object]]) -> None:
        names = {
            str(user["id"]): storable_name(
                f"{user.get('first_name', '')} {user.get('last_name', '')}"
            )
            for user in users
        }
        async with self._database.write() as tx:
            for chat_id, name in sorted(names.items()):
                if name:
                    await tx.session.execute(
                        update(Conversation)
                        .where(
                            Conversation.bot_account_id == self._account_id,
                            Conversation.chat_id == chat_id,
                        )
                        .values(display_name=name)
                    )
