"""The stream of live events for staff pages: ``GET /staff/events``.

Frames: ``changes`` (data: a JSON list of ``{"id", "kind", "conversation", "ids"}``, id: the
last number), ``signals`` (the same without numbers: what is true only now), ``reload`` (what was
missed can't be told any more), ``logout`` (the session has ended). A frame with an id alone is a
heartbeat.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from conversations.events import Change
from staff.models import Role
from storage.base import LARGEST_ID
from web.guard import require
from web.hub import Frame
from web.shell import Shell, shell_of

CHECK_LOGIN_EVERY = timedelta(seconds=30)
SEND_TIMEOUT_SECONDS = 30.0
SHUTDOWN_GRACE_SECONDS = 3.0


def to_event(frame: Frame) -> ServerSentEvent:
    """The frame in the form in which a browser gets it."""
    last = str(frame.last)
    if frame.reload:
        return ServerSentEvent(event="reload", id=last, data="{}")
    if not frame.changes:
        return ServerSentEvent(id=last)
    return ServerSentEvent(event="changes", id=last, data=_json(frame.changes))


def to_signals(frame: Frame) -> ServerSentEvent:
    return ServerSentEvent(event="signals", data=_json(frame.signals))


def _json(changes: Sequence[Change]) -> str:
    return json.dumps(
        [
            {
                "id": change.id,
                "kind": change.kind,
                "conversation": change.conversation_id,
                "ids": change.ids,
            }
            for change in changes
        ]
    )


async def staff_events(
    shell: Shell, token: str, after: int | None
) -> AsyncIterator[ServerSentEvent]:
    """Holds no database session; looks again from time to time whether the login still holds."""
    checked_at = shell.clock.now()
    async with aclosing(shell.hub.subscribe(after)) as frames:
        async for frame in frames:
            now = shell.clock.now()  # what is asked now says nothing of later
            if now - checked_at >= CHECK_LOGIN_EVERY:
                if await shell.staff.session(token, touch=False) is None:
                    yield ServerSentEvent(event="logout", data="{}")
                    return
                checked_at = now
            yield to_event(frame)
            if frame.signals:
                yield to_signals(frame)


def respond(frames: AsyncIterator[ServerSentEvent]) -> EventSourceResponse:
    """The answer of a page's stream, here and on the customers' chat page."""
    return EventSourceResponse(
        frames,
        ping=0,  # the hub's heartbeats carry the number
        send_timeout=SEND_TIMEOUT_SECONDS,
        # At shutdown the hub ends its streams in good order; what is left then is cut off.
        shutdown_grace_period=SHUTDOWN_GRACE_SECONDS,
    )


def router() -> APIRouter:
    router = APIRouter(prefix="/staff", dependencies=[Depends(require(*Role))])

    @router.get("/events")
    async def events(
        request: Request,
        after: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
        last_event_id: Annotated[int | None, Header(ge=0, le=LARGEST_ID)] = None,
    ) -> EventSourceResponse:
        shell = shell_of(request)
        token = shell.cookie.read(request) or ""
        seen = after if last_event_id is None else last_event_id
        return respond(staff_events(shell, token, seen))

    return router
