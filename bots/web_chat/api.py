"""What the page's script calls: say something, read the conversation, leave a phone, end.

Everything is JSON. A refusal is ``{"error": code, "message": sentence, "wait": seconds?}``.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeGuard

import phonenumbers
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import update
from starlette.responses import JSONResponse

from bots.incoming import Incoming
from bots.web_chat import history
from bots.web_chat.chat import Chat, body_of, is_embedded
from bots.web_chat.refusals import NOT_KEPT, ChatRoute, Refusal
from bots.web_chat.visitors import Known
from conversations.marks import mark_seen
from conversations.models import Contact, Delivery, MessageKind
from conversations.service import lock, record
from storage.base import LARGEST_ID

LONGEST_TEXT = 10_000
LONGEST_ACTION_BYTES = 64
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")

Number = Annotated[int | None, Query(ge=0, le=LARGEST_ID)]


def router(chat: Chat) -> APIRouter:
    routes = APIRouter(prefix="/chat", route_class=ChatRoute)

    @routes.post("/visitor")
    async def begin(request: Request) -> Response:
        """A token for a new visitor, asked for just before the first message."""
        chat.check_writing(request)
        if await chat.known(request) is not None:
            return JSONResponse({}, 200, NOT_KEPT)
        chat.gates.new_visitor(request)
        token = await chat.visitors.create()
        if is_embedded(request):
            return JSONResponse({"token": token}, 201, NOT_KEPT)
        response = JSONResponse({}, 201, NOT_KEPT)
        chat.cookie.set(response, token)
        return response

    @routes.post("/messages")
    async def say(request: Request) -> Response:
        """202 only after the message is stored; the same key again changes nothing."""
        chat.check_writing(request)
        visitor = await chat.must_know(request)
        chat.gates.message(request, visitor)
        body = await body_of(request)
        key = _key(body)
        kind, text, data = await _content(chat, visitor, body)
        await chat.intake.accept(
            Incoming(
                bot_account_id=chat.account_id,
                channel="web",
                chat_id=visitor.chat_id,
                external_id=history.external_id(visitor.chat_id, key),
                kind=kind,
                sent_at=chat.clock.now(),
                text=text,
                data=data,
            )
        )
        await chat.visitors.seen(visitor)
        return JSONResponse({"key": key}, 202, NOT_KEPT)

    @routes.get("/history")
    async def read(request: Request, after: Number = None, before: Number = None) -> Response:
        """The end of the conversation; what is older than message ``before``; or what has
        changed since event ``after``. ``known`` says whether the token is good."""
        chat.check_reading(request)
        visitor = await chat.known(request)
        async with chat.database.read() as session:
            if visitor is None:
                page = await history.nothing(session)
            elif after is not None:
                page = await history.changed(session, chat.account_id, visitor.chat_id, after=after)
            else:
                page = await history.latest(
                    session, chat.account_id, visitor.chat_id, before=before
                )
        body = {"known": visitor is not None} | page.to_json(chat.links.path)
        return JSONResponse(body, headers=NOT_KEPT)

    @routes.post("/seen")
    async def saw(request: Request) -> Response:
        """The customer has the page before him, with all answers up to ``message``."""
        chat.check_writing(request)
        visitor = await chat.must_know(request)
        chat.gates.read(request)
        message = (await body_of(request)).get("message")
        if not _is_number(message) or not 0 < message <= LARGEST_ID:
            raise Refusal(422, "no_message", "Не понято, что прочитано.")
        async with chat.database.write() as tx:
            conversation = await history.find(tx.session, chat.account_id, visitor.chat_id)
            if conversation is not None:
                await mark_seen(
                    tx, chat.events, Delivery.conversation_id == conversation.id,
                    Delivery.message_id <= message,
                )  # fmt: skip
        return Response(status_code=204, headers=NOT_KEPT)

    @routes.post("/phone")
    async def leave_phone(request: Request) -> Response:
        """A number to call back, for the operator who has or will have the conversation."""
        chat.check_writing(request)
        visitor = await chat.must_know(request)
        chat.gates.phone(request, visitor)
        number = _phone((await body_of(request)).get("phone"))
        shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        stored = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        async with chat.database.write() as tx:
            conversation = await history.find(tx.session, chat.account_id, visitor.chat_id)
            if conversation is None:
                raise Refusal(409, "no_conversation", "Сначала напишите нам, что случилось.")
            conversation = (await lock(tx, [conversation.id]))[conversation.id]
            await tx.session.execute(
                update(Contact).where(Contact.id == conversation.contact_id).values(phone=stored)
            )
            text = f"Клиент оставил телефон для связи: {shown}"
            await record(tx, chat.events, conversation, text, data={"phone": stored})
        sentence = f"Передали оператору номер {shown}."
        return JSONResponse({"message": sentence}, 200, NOT_KEPT)

    @routes.post("/end")
    async def end(request: Request) -> Response:
        """For shared computers: this browser no longer knows the conversation."""
        chat.check_writing(request)
        visitor = await chat.known(request)
        if visitor is not None:
            await _tell_staff(chat, visitor)
            await chat.visitors.revoke(visitor)
        response = Response(status_code=204, headers=NOT_KEPT)
        chat.cookie.clear(response)
        return response

    return routes


async def _tell_staff(chat: Chat, visitor: Known) -> None:
    """As when a bot is blocked in a messenger: an answer would reach nobody."""
    async with chat.database.read() as session:
        conversation = await history.find(session, chat.account_id, visitor.chat_id)
    if conversation is None:
        return
    await chat.intake.accept(
        Incoming(
            bot_account_id=chat.account_id,
            channel="web",
            chat_id=visitor.chat_id,
            external_id=history.external_id(visitor.chat_id, "end"),
            kind=MessageKind.STOPPED,
            sent_at=chat.clock.now(),
            text="Клиент завершил чат на сайте",
        )
    )


def _key(body: Mapping[str, Any]) -> str:
    key = body.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Refusal(422, "no_key", "У сообщения нет ключа. Обновите страницу.")
    return key


async def _content(
    chat: Chat, visitor: Known, body: Mapping[str, Any]
) -> tuple[MessageKind, str, dict[str, Any]]:
    if "action" in body:
        return await _press(chat, visitor, body)
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise Refusal(422, "empty", "Напишите, пожалуйста, Ваш вопрос.")
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        long = f"{len(text):,}".replace(",", " ")
        sentence = f"В сообщении {long} знаков, а принять можно 10 000. Разделите его на части."
        raise Refusal(422, "too_long", sentence)
    return MessageKind.TEXT, text, {}


async def _press(
    chat: Chat, visitor: Known, body: Mapping[str, Any]
) -> tuple[MessageKind, str, dict[str, Any]]:
    """However old the button is, the assistant answers; only one that never was is refused."""
    action, message = body.get("action"), body.get("message")
    gone = Refusal(422, "no_button", "Этой кнопки уже нет. Напишите словами, что нужно.")
    if not isinstance(action, str) or not _is_number(message) or abs(message) > LARGEST_ID:
        raise gone
    async with chat.database.read() as session:
        conversation = await history.find(session, chat.account_id, visitor.chat_id)
        label = (
            await history.label_of(session, conversation.id, message, action)
            if conversation is not None
            and len(action.encode("utf-8", "replace")) <= LONGEST_ACTION_BYTES
            else None
        )
    if label is None:
        raise gone
    return MessageKind.PRESS, label, {"action": action}


def _is_number(given: object) -> TypeGuard[int]:
    """JSON's «true» is a number to Python, and to no database."""
    return isinstance(given, int) and not isinstance(given, bool)


def _phone(given: object) -> phonenumbers.PhoneNumber:
    wrong = Refusal(422, "wrong_phone", "Проверьте номер: нужен телефон вида +7 900 123-45-67.")
    if not isinstance(given, str) or len(given) > 40:
        raise wrong
    try:
        number = phonenumbers.parse(given, "RU")
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    if not phonenumbers.is_valid_number(number):
        raise wrong
    return number
