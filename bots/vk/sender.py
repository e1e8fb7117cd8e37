"""What goes out to VK, and what its answers mean. Source: VK API schema, errors.json."""

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientConnectorError, ClientError

from bots.outcome import (
    AccountBroken,
    Outcome,
    Parcel,
    Rejected,
    Sent,
    SlowDown,
    TryAgain,
    Unknown,
)
from bots.pace import Pace
from bots.plainly import FileUrl, in_words, with_plain_retry
from bots.vk.api import NotUnderstood, VkApi, VkError
from bots.vk.keyboard import keyboard
from bots.vk.sending import Sending
from conversations.models import DeliveryKind
from media.store import MediaStore
from replies import Button, File, FileKind, Part

TEXT = 4096
SNACKBAR = 90
# Seconds to wait: too many a second; the same thing too often.
_SLOW = {6: 1.0, 9: 300.0}
_UNREACHABLE = {18, 900, 901, 902, 932, 936, 945}
# Token, validation, a method's quota. Not captcha (14): nobody can solve it here, and it may be
# meant for one message, which is then tried again more and more seldom and given up, while others
# get theirs; asked for every message, it is an outage like any other.
_ACCOUNT = {5, 17, 29}
# «No permission», «access denied»: to this customer, or the key lacks the right to write at all.
_DENIED = {7, 15}
_RIGHT = "messages"
# Parameters, our keyboard, length: the words alone still help the customer.
_CONTENT = {100, 113, 909, 910, 911, 912, 913, 914, 917, 921, 925, 943, 944, 946}


class VkSender:
    channel = "vk"
    by_page = False
    # A repeat with the same random_id is not sent again.
    idempotent = True

    def __init__(
        self, api: VkApi, media: MediaStore, pace: Pace, standing: Sequence[Button] = (),
        file_url: FileUrl | None = None,
    ) -> None:  # fmt: skip
        """``standing``: the buttons below the field where customers write, when a message has
        none of its own. ``file_url``: for files that are refused."""
        self._file_url = file_url
        self._standing = standing
        self._api = api
        self._media = media
        self._pace = pace
        self._sending = Sending(api, pace)

    async def send(self, parcel: Parcel) -> Outcome:
        return await with_plain_retry(parcel, None, self._attempt, self._file_url)

    async def _attempt(self, parcel: Parcel, plain: bool) -> Outcome:
        try:
            return await self._call(parcel, plain=plain)
        except VkError as error:
            if error.code in _DENIED:
                return await self._denied(error)
            return meaning(error.code)
        except ClientConnectorError:
            return TryAgain("no connection")
        except (NotUnderstood, ClientError, TimeoutError) as error:
            return Unknown(type(error).__name__)

    async def _denied(self, denied: VkError) -> Outcome:
        """Is it this message, or the key? VK tells what the key may do."""
        try:
            found = await self._paced("groups.getTokenPermissions")
            rights = {one["name"] for one in found["permissions"]}
        except VkError as error:
            broken = error.code in _DENIED | _ACCOUNT
            return AccountBroken(f"VK {error.code}") if broken else TryAgain(str(denied))
        except (NotUnderstood, ClientError, TimeoutError, KeyError, TypeError):
            return TryAgain(str(denied))
        return Rejected(str(denied)) if _RIGHT in rights else AccountBroken(str(denied))

    async def _call(self, parcel: Parcel, *, plain: bool) -> Outcome:
        peer_id = int(parcel.chat_id)
        if parcel.kind == DeliveryKind.PRESS_ANSWER:
            await self._answer_press(peer_id, str(parcel.payload["press_id"]))
            return Sent()
        if parcel.kind == DeliveryKind.TYPING:
            await self._paced("messages.setActivity", peer_id=peer_id, type="typing")
            return Sent()
        part = Part.from_json(parcel.payload)
        params: dict[str, Any] = {
            "peer_id": peer_id,
            "random_id": parcel.random_id,
            "dont_parse_links": 1,
        }
        text = in_words(part.text, part.rows)[:TEXT] if plain else part.text
        if text:
            params["message"] = text
        board = None if plain else keyboard(part.rows, self._standing)
        if board is not None:
            params["keyboard"] = board
        if part.file is not None:
            params["attachment"] = await self._attachment(peer_id, part.file, plain=plain)
        return Sent(str(await self._sending.send(params)))

    async def _paced(self, method: str, **params: Any) -> Any:
        await self._pace.wait()
        return await self._api.call(method, **params)

    async def _answer_press(self, peer_id: int, press: str) -> None:
        press_id, _, label = press.partition(" ")
        said = {"type": "show_snackbar", "text": label[:SNACKBAR]}
        await self._paced(
            "messages.sendMessageEventAnswer",
            peer_id=peer_id,
            event_id=press_id,
            user_id=peer_id,
            **({"event_data": json.dumps(said, ensure_ascii=False)} if label else {}),
        )

    async def _attachment(self, peer_id: int, file: File, *, plain: bool) -> str:
        """Upload, then name it. ``plain``: as a document, which no picture is refused as."""
        content = await self._media.read(file.key)
        if file.kind is FileKind.PICTURE and not plain:
            server = await self._paced("photos.getMessagesUploadServer", peer_id=peer_id)
            uploaded = await self._api.upload(server["upload_url"], "photo", content, file.name)
            saved = await self._paced(
                "photos.saveMessagesPhoto",
                server=uploaded["server"],
                photo=uploaded["photo"],
                hash=uploaded["hash"],
            )
            return _named("photo", saved[0])
        server = await self._paced("docs.getMessagesUploadServer", peer_id=peer_id, type="doc")
        uploaded = await self._api.upload(server["upload_url"], "file", content, file.name)
        saved = await self._paced("docs.save", file=uploaded["file"], title=file.name)
        return _named("doc", saved["doc"])


def _named(kind: str, saved: dict[str, Any]) -> str:
    key = f"_{saved['access_key']}" if saved.get("access_key") else ""
    return f"{kind}{saved['owner_id']}_{saved['id']}{key}"


def meaning(code: int) -> Outcome:
    """VK's error code in our own terms; unknown ones are tried again a few times."""
    error = f"VK {code}"
    if code in _SLOW:
        return SlowDown(_SLOW[code])
    if code in _UNREACHABLE:
        return Rejected(error, unreachable=True)
    if code in _ACCOUNT:
        return AccountBroken(error)
    if code in _CONTENT:
        return Rejected(error)
    return TryAgain(error)
