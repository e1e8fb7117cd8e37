"""``messages.send``: alone while there is room, several in one request when they wait.

A community may make 20 requests a second, whatever stands in them: ``execute`` carries up to 25
calls. A message that need not wait goes by itself, as it always did. A conversation has one
message on its way (``bots/delivery.py``), so that no order is lost in a request.
Source: VK API schema 5.199, methods execute and messages.send.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.pace import Pace
from bots.vk.api import VkApi, VkError

AT_ONCE = 25
# Characters of texts and keyboards in a request; no limit is published.
LONGEST = 60_000
# The code of ``execute`` could not be read or run.
_CODE = {12, 13}


@dataclass(frozen=True, slots=True, eq=False)
class _Message:
    params: Mapping[str, Any]
    outcome: asyncio.Future[Any]

    @property
    def length(self) -> int:
        return sum(len(str(value)) for value in self.params.values())


class Sending:
    def __init__(self, api: VkApi, pace: Pace) -> None:
        self._api = api
        self._pace = pace
        self._waiting: deque[_Message] = deque()
        self._turn = asyncio.Lock()

    async def send(self, params: Mapping[str, Any]) -> Any:
        """The message's id. Raises as ``VkApi.call``, each message its own."""
        mine = _Message(params, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        together: list[_Message] = []
        try:
            async with self._turn:
                if mine in self._waiting:
                    await self._pace.wait()
                    together = self._take()
            if together:
                await self._request(together)
            return await mine.outcome
        finally:
            # Told to stop: nobody waits for it any more, and those beside it hear of that.
            if mine in self._waiting:
                self._waiting.remove(mine)
            for message in together:
                message.outcome.cancel()

    def _take(self) -> list[_Message]:
        taken = [self._waiting.popleft()]
        length = taken[0].length
        while self._waiting and len(taken) < AT_ONCE:
            length += self._waiting[0].length
            if length > LONGEST:
                break
            taken.append(self._waiting.popleft())
        return taken

    async def _request(self, messages: list[_Message]) -> None:
        if len(messages) == 1:
            return await self._alone(messages[0])
        try:
            answers = await self._api.execute(
                "messages.send", [message.params for message in messages]
            )
        except Exception as error:
            if isinstance(error, VkError) and error.code in _CODE:
                for message in messages:
                    await self._pace.wait()
                    await self._alone(message)
                return
            answers = [error] * len(messages)
        for message, answer in zip(messages, answers, strict=True):
            _tell(message, answer)

    async def _alone(self, message: _Message) -> None:
        try:
            answer = await self._api.call("messages.send", **message.params)
        except Exception as error:
            answer = error
        _tell(message, answer)


def _tell(message: _Message, answer: Any) -> None:
    if message.outcome.done():
        return
    if isinstance(answer, Exception):
        message.outcome.set_exception(answer)
    else:
        message.outcome.set_result(answer)
