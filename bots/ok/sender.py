"""What goes out to Odnoklassniki, and what its answers mean. Source: apiok.ru, «errors».

An answer to a press must be a message, and ours goes its own way through the queue: so presses
are not answered.
"""

from typing import Any

import httpx

from bots.http_calls import (
    DIRECT,
    REQUEST_SECONDS,
    UPLOAD_SECONDS,
    Answer,
    NotUnderstood,
    Way,
    answer_of,
    broken_off,
)
from bots.outcome import AccountBroken, Outcome, Parcel, Rejected, Sent, SlowDown, TryAgain
from bots.pace import Pace
from bots.plainly import FileUrl, in_words, with_plain_retry
from conversations.models import DeliveryKind
from media.store import MediaStore
from replies import Button, File, FileKind, Part

TEXT = 4000
SLOW_SECONDS = 30.0
_SLOW = {7, 8, 11}
_ACCOUNT = {9, 102, 103}
# Of those: the session of the key is over.
_STRANGERS = {102, 103}
_UNREACHABLE = {10}
_CONTENT = {3, 4, 100, 110, 140}


class OkApi:
    def __init__(self, token: str, api_url: str, way: Way = DIRECT) -> None:
        self._token = token
        self._way = way
        self._client = way.client(base_url=f"{api_url.rstrip('/')}/", timeout=REQUEST_SECONDS)

    async def call(
        self, verb: str, path: str, content: dict[str, Any] | None = None, **params: str
    ) -> Answer:
        """Raises NotUnderstood, httpx.HTTPError."""
        headers = {"Content-Type": "application/json;charset=utf-8"}
        return answer_of(
            await self._client.request(
                verb, path, params={**params, "access_token": self._token}, json=content,
                headers=headers if content is not None else None,
            )
        )  # fmt: skip

    async def upload(self, content: bytes, name: str, kind: str) -> str:
        """The token of an uploaded file; ``kind``: IMAGE or FILE. Raises as ``call``."""
        place = await self.call("GET", "me/fileUploadUrl", type=kind)
        if not place.body.get("url"):
            raise NotUnderstood(place.status)
        async with self._way.client(timeout=UPLOAD_SECONDS) as client:
            response = await client.post(place.body["url"], files={"file": (name, content)})
        if response.status_code >= 400:
            raise NotUnderstood(response.status_code)
        return str(place.body["token"])

    async def knows_us(self) -> bool:
        """Whether the key is good. Raises as ``call``."""
        return (await self.call("GET", "me/info")).body.get("error_code") not in _STRANGERS

    async def close(self) -> None:
        await self._client.aclose()


class OkSender:
    channel = "ok"
    by_page = False
    idempotent = False

    def __init__(
        self, api: OkApi, media: MediaStore, pace: Pace, file_url: FileUrl | None = None
    ) -> None:
        """``file_url``: for files that are refused."""
        self._file_url = file_url
        self._api = api
        self._media = media
        self._pace = pace

    async def send(self, parcel: Parcel) -> Outcome:
        if parcel.kind == DeliveryKind.PRESS_ANSWER:
            return Sent()
        return await with_plain_retry(parcel, self._pace, self._attempt, self._file_url)

    async def _attempt(self, parcel: Parcel, plain: bool) -> Outcome:
        try:
            content = await self._content(parcel, plain=plain)
            answer = await self._api.call("POST", f"me/messages/{parcel.chat_id}", content)
        except (httpx.HTTPError, NotUnderstood) as error:
            return broken_off(error)
        return meaning(answer)

    async def _content(self, parcel: Parcel, *, plain: bool) -> dict[str, Any]:
        recipient = {"recipient": {"chat_id": parcel.chat_id}}
        if parcel.kind == DeliveryKind.TYPING:
            return {**recipient, "sender_action": "typing_on"}
        part = Part.from_json(parcel.payload)
        message: dict[str, Any] = {}
        text = in_words(part.text, part.rows)[:TEXT] if plain else part.text
        if text:
            message["text"] = text
        attachments: list[dict[str, Any]] = []
        if part.file is not None:
            attachments.append(await self._file(part.file))
        if part.rows and not plain:
            attachments.append(keyboard(part.rows))
        if attachments:
            message["attachments"] = attachments
        return {**recipient, "message": message}

    async def _file(self, file: File) -> dict[str, Any]:
        kind = "IMAGE" if file.kind is FileKind.PICTURE else "FILE"
        token = await self._api.upload(await self._media.read(file.key), file.name, kind)
        return {"type": kind, "payload": {"token": token}}


def keyboard(rows: list[list[Button]]) -> dict[str, Any]:
    buttons = [[_button(button) for button in row] for row in rows]
    return {"type": "INLINE_KEYBOARD", "payload": {"keyboard": {"buttons": buttons}}}


def _button(button: Button) -> dict[str, str]:
    if button.contact:
        return {"type": "REQUEST_CONTACT", "text": button.label, "intent": "DEFAULT"}
    if button.url:
        return {"type": "LINK", "text": button.label, "intent": "DEFAULT", "url": button.url}
    return {
        "type": "CALLBACK", "text": button.label, "intent": "DEFAULT", "payload": button.action,
    }  # fmt: skip


def meaning(answer: Answer) -> Outcome:
    """HTTP 200 may hold an error, and one recipient's failure hides in a list."""
    code = answer.body.get("error_code")
    if code is None:
        if answer.status >= 400:
            return TryAgain(f"HTTP {answer.status}")
        if answer.body.get("success") in (False, [False]):
            return Rejected("not allowed by the customer", unreachable=True)
        return Sent(str(answer.body.get("message_id") or "") or None)
    error = f"OK {code}"
    if code in _SLOW:
        return SlowDown(SLOW_SECONDS)
    if code in _UNREACHABLE:
        return Rejected(error, unreachable=True)
    if code in _ACCOUNT:
        return AccountBroken(error)
    if code in _CONTENT:
        return Rejected(error)
    return TryAgain(error)
