"""Telegram's updates in our own terms. Pure. Source: Bot API, Update, Message, CallbackQuery."""

import json
from datetime import UTC, datetime
from typing import Any

from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, Update, User
from pydantic import ValidationError

from bots.incoming import UNREADABLE, Incoming, Malformed, Unreadable, quoted
from conversations.models import MessageKind

# Kinds the assistant cannot read, in the order of looking.
_ATTACHMENTS = ("photo", "voice", "video", "video_note", "audio", "document", "sticker",
                "animation", "location", "venue", "poll", "dice", "story")  # fmt: skip

# Those with a file that says something to an operator.
_FILES = {"photo", "voice", "video", "video_note", "audio", "document", "animation"}


class UnreadableUpdate(Unreadable):
    """It has a number, but does not follow the Bot API."""

    def __init__(self, update_id: int) -> None:
        super().__init__(f"update {update_id} does not follow the Bot API")
        self.update_id = update_id


def read_body(body: bytes) -> Update:
    """A webhook's body. Raises Malformed or UnreadableUpdate."""
    try:
        return Update.model_validate_json(body)
    except ValidationError:
        # Strict JSON knows no lone surrogate, Telegram's may hold one: read once more, leniently.
        try:
            return read_object(json.loads(body))
        except (ValueError, RecursionError) as error:
            if isinstance(error, UnreadableUpdate):
                raise
            raise Malformed from error


def read_object(value: Any) -> Update:
    """An update from parsed JSON. Raises Malformed or UnreadableUpdate."""
    try:
        return Update.model_validate(value)
    except ValidationError as error:
        number = value.get("update_id") if isinstance(value, dict) else None
        if not isinstance(number, int):
            raise Malformed from error
        raise UnreadableUpdate(number) from error


def parse_update(update: Update, account_id: int, now: datetime) -> Incoming | None:
    """None for what concerns nobody here: groups, other bots, unknown kinds of updates.

    ``now`` stands for the moment of a press, which Telegram does not tell. Raises
    UnreadableUpdate.
    """
    try:
        return _parsed(update, account_id, now)
    except UNREADABLE as error:
        raise UnreadableUpdate(update.update_id) from error


def _parsed(update: Update, account_id: int, now: datetime) -> Incoming | None:
    if update.message is not None:
        return _message(update.update_id, update.message, account_id)
    if update.edited_message is not None:
        return _edited(update.update_id, update.edited_message, account_id)
    if update.callback_query is not None:
        return _press(update.update_id, update.callback_query, account_id, now)
    if update.my_chat_member is not None:
        return _membership(update.update_id, update.my_chat_member, account_id)
    return None


def _message(update_id: int, message: Message, account_id: int) -> Incoming | None:
    if message.chat.type != "private" or (message.from_user and message.from_user.is_bot):
        return None
    kind, text, data = _content(message)
    if kind is None:
        return None
    return Incoming(
        bot_account_id=account_id,
        channel="telegram",
        chat_id=str(message.chat.id),
        external_id=str(update_id),
        kind=kind,
        sent_at=message.date.astimezone(UTC),
        text=text,
        data=data | _context(message),
        sender_name=_name(message.from_user),
        platform_no=message.message_id,
        order_no=message.message_id,
    )


def _context(message: Message) -> dict[str, Any]:
    """What it replies to, and of which album it is a part."""
    album = {"album": message.media_group_id} if message.media_group_id else {}
    replied = message.reply_to_message
    if replied is None:
        return album
    part = message.quote.text if message.quote is not None else None
    return album | quoted(part or replied.text or replied.caption)


def _content(message: Message) -> tuple[MessageKind | None, str, dict[str, Any]]:
    if message.text is not None:
        command, payload = (*message.text.split(maxsplit=1), "", "")[:2]
        if command.startswith("/") and len(command) > 1:
            name = command[1:].partition("@")[0].lower()
            return MessageKind.COMMAND, message.text, {"command": name, "payload": payload.strip()}
        return MessageKind.TEXT, message.text, {}
    if message.contact is not None:
        # Anybody's contact can be forwarded: only the sender's own proves a phone.
        own = message.from_user is not None and message.contact.user_id == message.from_user.id
        return MessageKind.CONTACT, "", {"phone": message.contact.phone_number, "own": own}
    for name in _ATTACHMENTS:
        content = getattr(message, name)
        if content is not None:
            return MessageKind.ATTACHMENT, message.caption or "", _enclosed(name, content)
    if message.content_type in _SERVICE:
        return None, "", {}
    return MessageKind.ATTACHMENT, "", {"type": "unknown"}


def _enclosed(name: str, content: Any) -> dict[str, Any]:
    """The kind, and by what its file can be asked for. Of a photo's sizes the last is largest."""
    file = content[-1] if isinstance(content, list) and content else content
    file_id = getattr(file, "file_id", None)
    if name not in _FILES or file_id is None:
        return {"type": name}
    told = {
        "type": name, "file_id": file_id, "name": getattr(file, "file_name", None),
        "size": getattr(file, "file_size", None),
    }  # fmt: skip
    return {"type": name, "files": [{key: value for key, value in told.items() if value}]}


# Lines that Telegram writes into a chat by itself.
_SERVICE = {"pinned_message", "message_auto_delete_timer_changed", "chat_background_set",
            "write_access_allowed", "successful_payment", "users_shared"}  # fmt: skip


def _edited(update_id: int, message: Message, account_id: int) -> Incoming | None:
    if message.chat.type != "private" or message.edit_date is None:
        return None
    return Incoming(
        bot_account_id=account_id,
        channel="telegram",
        chat_id=str(message.chat.id),
        external_id=str(update_id),
        kind=MessageKind.EDITED,
        sent_at=datetime.fromtimestamp(message.edit_date, UTC),
        text=message.text or message.caption or "",
        sender_name=_name(message.from_user),
        platform_no=message.message_id,
        edit_version=message.edit_date,
        order_no=message.message_id,
    )


def _press(update_id: int, press: CallbackQuery, account_id: int, now: datetime) -> Incoming | None:
    if press.message is None or press.message.chat.type != "private":
        return None
    return Incoming(
        bot_account_id=account_id,
        channel="telegram",
        chat_id=str(press.message.chat.id),
        external_id=str(update_id),
        kind=MessageKind.PRESS,
        sent_at=now,
        text=_label(press),
        data={"action": press.data or "", "press_id": press.id},
        sender_name=_name(press.from_user),
        order_no=press.message.message_id,
    )


def _label(press: CallbackQuery) -> str:
    """The pressed button's text, for the operator who reads the conversation."""
    markup = press.message.reply_markup if isinstance(press.message, Message) else None
    for row in markup.inline_keyboard if markup is not None else ():
        for button in row:
            if button.callback_data == press.data:
                return button.text
    return ""


def _membership(update_id: int, change: ChatMemberUpdated, account_id: int) -> Incoming | None:
    if change.chat.type != "private":
        return None
    stopped = change.new_chat_member.status == "kicked"
    return Incoming(
        bot_account_id=account_id,
        channel="telegram",
        chat_id=str(change.chat.id),
        external_id=str(update_id),
        kind=MessageKind.STOPPED if stopped else MessageKind.RETURNED,
        sent_at=change.date.astimezone(UTC),
        sender_name=_name(change.from_user),
    )


def _name(user: User | None) -> str | None:
    return user.full_name if user is not None else None
