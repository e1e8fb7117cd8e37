"""The page's stream: «there is something new», and nothing of what it is.

``GET /chat/events?after=N``. Frames: ``news`` and ``reload`` (the page asks ``/chat/history``),
``typing`` (an operator writes an answer), ``over`` (the visitor is not known any more). A frame
with an id alone is a heartbeat.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from bots.web_chat import history
from bots.web_chat.chat import Chat, address, token_of
from bots.web_chat.refusals import ChatRoute, Refusal, not_known
from storage.base import LARGEST_ID
from web.hub import Frame

CHECK_VISITOR_EVERY = timedelta(seconds=30)
SEND_TIMEOUT_SECONDS = 30.0
# Staff's own lines, and what the page learns by the event that follows.
_NOT_NEWS = frozenset({"message.noted", "message.queued", "message.delayed", "message.seen"})


def router(chat: Chat) -> APIRouter:
    routes = APIRouter(prefix="/chat", route_class=ChatRoute)

    @routes.get("/events")
    async def events(
        request: Request, after: Annotated[int, Query(ge=0, le=LARGEST_ID)]
    ) -> Response:  # fmt: skip
        chat.check_reading(request)
        visitor = await chat.must_know(request)
        async with chat.database.read() as session:
            conversation = await history.find(session, chat.account_id, visitor.chat_id)
        if conversation is None:
            raise not_known()
        by_visitor, by_address = f"visitor:{visitor.chat_id}", f"address:{address(request)}"
        places, limits = chat.gates.places, chat.gates.limits
        if not places.are_free(by_visitor, limits.streams_per_visitor) or not places.are_free(
            by_address, limits.streams_per_address
        ):
            sentence = "Чат открыт в слишком многих вкладках. Закройте лишние."
            raise Refusal(429, "too_many_tabs", sentence, wait=CHECK_VISITOR_EVERY)
        token = token_of(request, chat.cookie) or ""
        return EventSourceResponse(
            visitor_events(chat, conversation.id, token, after, (by_visitor, by_address)),
            ping=0,  # the hub's heartbeats carry the number
            send_timeout=SEND_TIMEOUT_SECONDS,
        )

    return routes


async def visitor_events(
    chat: Chat, conversation_id: int, token: str, after: int, keys: tuple[str, ...]
) -> AsyncIterator[ServerSentEvent]:
    """Holds no database session; looks again from time to time whether the token is still good."""
    checked_at = chat.clock.now()
    frames = chat.hub.subscribe(after, conversation_id=conversation_id)
    with chat.gates.places.taken(*keys):
        async with aclosing(frames):
            async for frame in frames:
                now = chat.clock.now()  # what is asked now says nothing of later
                if now - checked_at >= CHECK_VISITOR_EVERY:
                    if await chat.visitors.find(token) is None:
                        yield ServerSentEvent(event="over", data="{}")
                        return
                    checked_at = now
                yield _to_event(frame)


def _to_event(frame: Frame) -> ServerSentEvent:
    last = str(frame.last)
    if frame.reload:
        return ServerSentEvent(event="reload", id=last, data="{}")
    if any(change.kind not in _NOT_NEWS for change in frame.changes):
        return ServerSentEvent(event="news", id=last, data="{}")
    if frame.signals:
        return ServerSentEvent(event="typing", id=last, data="{}")
    return ServerSentEvent(id=last)
