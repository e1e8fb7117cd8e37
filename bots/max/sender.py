"""What goes out to MAX, and what its answers mean. Source: dev.max.ru, «POST /messages»."""

import asyncio
from typing import Any

import httpx

from bots.http_calls import NotUnderstood, broken_off
from bots.max.api import MaxApi, MaxError
from bots.outcome import AccountBroken, Outcome, Parcel, Rejected, Sent, SlowDown, TryAgain
from bots.pace import Pace
from bots.plainly import FileUrl, in_words, with_plain_retry, without_tags
from conversations.models import DeliveryKind
from media.store import MediaStore
from replies import Button, File, FileKind, Part
from replies.channels import Markup

TEXT = 3999
TOO_MANY_SECONDS = 5.0
# An upload is not ready at once; MAX tells to come again soon.
NOT_READY_PAUSES = (1.0, 2.0, 4.0)


class MaxSender:
    channel = "max"
    by_page = False
    idempotent = False

    def __init__(
        self, api: MaxApi, media: MediaStore, pace: Pace, file_url: FileUrl | None = None
    ) -> None:
        """``file_url``: for files that are refused."""
        self._file_url = file_url
        self._api = api
        self._media = media
        self._pace = pace

    async def send(self, parcel: Parcel) -> Outcome:
        return await with_plain_retry(parcel, self._pace, self._attempt, self._file_url)

    async def _attempt(self, parcel: Parcel, plain: bool) -> Outcome:
        try:
            return await self._call(parcel, plain=plain)
        except MaxError as error:
            return meaning(error)
        except (httpx.HTTPError, NotUnderstood) as error:
            return broken_off(error)

    async def _call(self, parcel: Parcel, *, plain: bool) -> Outcome:
        if parcel.kind == DeliveryKind.PRESS_ANSWER:
            press_id, _, label = str(parcel.payload["press_id"]).partition(" ")
            await self._api.call(
                "POST", "/answers", params={"callback_id": press_id},
                content={"notification": label or "Хорошо"},
            )  # fmt: skip
            return Sent()
        if parcel.kind == DeliveryKind.TYPING:
            await self._api.call(
                "POST", f"/chats/{parcel.chat_id}/actions", content={"action": "typing_on"}
            )
            return Sent()
        part = Part.from_json(parcel.payload)
        attachments: list[dict[str, Any]] = []
        if part.file is not None:
            attachments.append(await self._file(part.file, plain=plain))
        if part.rows and not plain:
            attachments.append(keyboard(part.rows))
        content: dict[str, Any] = {"text": part.text, "attachments": attachments}
        tagged = part.markup is Markup.MAX_HTML
        if plain:
            words = without_tags(part.text) if tagged else part.text
            content["text"] = in_words(words, part.rows)[:TEXT]
        elif tagged:
            content["format"] = "html"
        return await self._message(parcel.chat_id, content)

    async def _message(self, chat_id: str, content: dict[str, Any]) -> Outcome:
        for pause in (*NOT_READY_PAUSES, None):
            try:
                sent = await self._api.call(
                    "POST", "/messages", params={"chat_id": chat_id}, content=content
                )
            except MaxError as error:
                if error.code != "attachment.not.ready" or pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return Sent(str(sent["message"]["body"]["mid"]))
        raise AssertionError("unreachable: the last round returns or raises")

    async def _file(self, file: File, *, plain: bool) -> dict[str, Any]:
        """``plain``: as a document, which no picture is refused as."""
        kind = "image" if file.kind is FileKind.PICTURE and not plain else "file"
        content = await self._media.read(file.key)
        return {"type": kind, "payload": await self._api.upload(kind, content, file.name)}


def keyboard(rows: list[list[Button]]) -> dict[str, Any]:
    buttons = [[_button(button) for button in row] for row in rows]
    return {"type": "inline_keyboard", "payload": {"buttons": buttons}}


def _button(button: Button) -> dict[str, str]:
    if button.contact:
        return {"type": "request_contact", "text": button.label}
    if button.url:
        return {"type": "link", "text": button.label, "url": button.url}
    return {"type": "callback", "text": button.label, "payload": button.action}


def meaning(error: MaxError) -> Outcome:
    words = str(error)
    if error.status == 429:
        return SlowDown(error.retry_after or TOO_MANY_SECONDS)
    if error.status == 401:
        return AccountBroken(words)
    if error.code == "attachment.not.ready" or error.status >= 500:
        return TryAgain(words)
    if error.status == 403 or "dialog.notfound" in error.text:
        return Rejected(words, unreachable=True)
    return Rejected(words)
