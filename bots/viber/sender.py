"""What goes out to Viber, and what its answers mean. Source: Viber REST Bot API, «Error Codes»."""

from collections.abc import Callable
from typing import Any

import httpx

from bots.http_calls import (
    DIRECT,
    REQUEST_SECONDS,
    Answer,
    NotUnderstood,
    Way,
    answer_of,
    broken_off,
)
from bots.outcome import AccountBroken, Outcome, Parcel, Rejected, Sent, SlowDown, TryAgain
from bots.pace import Pace
from bots.plainly import with_plain_retry
from bots.viber.messages import file_message, picture_message, text_message
from conversations.models import DeliveryKind
from media.store import MediaStore
from replies import FileKind, Part

LARGEST_PICTURE = 1_000_000
# A customer who did not answer a hundred messages of an hour; he resets it by writing.
TOO_MANY_SECONDS = 600.0
_UNREACHABLE = {5, 6, 11}
# Token, account, webhook, money.
_ACCOUNT = {1, 2, 7, 8, 9, 10, 15, 23, 24}
# Of those: it does not know us (any more).
_STRANGERS = {2, 7, 8, 9}
_CONTENT = {3, 4, 13, 14, 16, 17, 18, 19, 20, 21, 22}


class ViberApi:
    def __init__(self, token: str, api_url: str, way: Way = DIRECT) -> None:
        self._client = way.client(
            base_url=f"{api_url.rstrip('/')}/",
            headers={"X-Viber-Auth-Token": token},
            timeout=REQUEST_SECONDS,
        )

    async def call(self, method: str, content: dict[str, Any]) -> Answer:
        """Raises NotUnderstood, httpx.HTTPError."""
        return answer_of(await self._client.post(method, json=content))

    async def knows_us(self) -> bool:
        """Whether the token is good. Raises as ``call``."""
        answer = await self.call("get_account_info", {})
        return answer.body.get("status") not in _STRANGERS

    async def close(self) -> None:
        await self._client.aclose()


class ViberSender:
    channel = "viber"
    by_page = False
    idempotent = False

    def __init__(
        self,
        api: ViberApi,
        media: MediaStore,
        pace: Pace,
        *,
        name: str,
        file_url: Callable[[str, str], str],
    ) -> None:
        """``name``: as whom we write. ``file_url`` makes a public link from (digest, name):
        Viber takes no uploads."""
        self._api = api
        self._media = media
        self._pace = pace
        self._name = name
        self._file_url = file_url

    async def send(self, parcel: Parcel) -> Outcome:
        if parcel.kind != DeliveryKind.MESSAGE:
            return Sent()  # Viber shows no typing, and its presses need no answer
        return await with_plain_retry(parcel, self._pace, self._attempt, self._file_url)

    async def _attempt(self, parcel: Parcel, plain: bool) -> Outcome:
        try:
            message = await self._message(Part.from_json(parcel.payload), plain=plain)
            answer = await self._api.call("send_message", {"receiver": parcel.chat_id, **message})
        except (httpx.HTTPError, NotUnderstood) as error:
            return broken_off(error)
        if answer.status >= 500:
            return TryAgain(f"HTTP {answer.status}")
        return meaning(answer.body)

    async def _message(self, part: Part, *, plain: bool) -> dict[str, Any]:
        if part.file is None:
            return text_message(part, self._name, plain=plain)
        size = len(await self._media.read(part.file.key))
        url = self._file_url(part.file.key, part.file.name)
        if part.file.kind is FileKind.PICTURE and size <= LARGEST_PICTURE and not plain:
            return picture_message(part, self._name, url)
        return file_message(part, self._name, url, part.file.name, size, plain=plain)


def meaning(body: dict[str, Any]) -> Outcome:
    """Viber answers HTTP 200 to everything: the status in the body decides."""
    status = body.get("status")
    error = f"Viber {status}"
    if status == 0:
        return Sent(str(body.get("message_token") or "") or None)
    if status == 12:
        return SlowDown(TOO_MANY_SECONDS)
    if status in _UNREACHABLE:
        return Rejected(error, unreachable=True)
    if status in _ACCOUNT:
        return AccountBroken(error)
    if status in _CONTENT:
        return Rejected(error)
    return TryAgain(error)
