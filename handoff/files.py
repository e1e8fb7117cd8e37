"""Customers' files for operators: ``/inbox/files/{id}``, its picture, and asking for it again.

No signed links here: who opens a file is known, allowed to, and stands in the log.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from starlette.responses import PlainTextResponse

from conversations.events import Events
from conversations.models import Message
from handoff.actions import LARGEST_ID
from handoff.pages import ROLES
from media import attachments
from media.attachments import Enclosed
from media.errors import FileGone
from media.pages import served
from media.store import MediaStore
from staff import audit
from storage.database import Database
from storage.signals import Signals
from web.guard import Me, require
from web.respond import go_to, is_htmx

FileId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_GONE = "Этого файла больше нет: срок его хранения прошёл."


def files(database: Database, events: Events, signals: Signals, store: MediaStore) -> APIRouter:
    routes = APIRouter(prefix="/inbox/files", dependencies=[Depends(require(*ROLES))])

    @routes.get("/{file_id}")
    async def saved(me: Me, file_id: FileId) -> Response:
        """As the customer sent it: to be saved, whatever it is."""
        file = await _find(database, file_id)
        return await give(me.person_id, file, file.digest, "attachment.saved", inline=False)

    @routes.get("/{file_id}/picture")
    async def picture(me: Me, file_id: FileId) -> Response:
        """The picture that we made of it."""
        file = await _find(database, file_id)
        return await give(me.person_id, file, file.preview, "attachment.viewed", inline=True)

    @routes.post("/{file_id}/again")
    async def again(
        request: Request, file_id: FileId, stay: Annotated[int, Form(ge=1, le=LARGEST_ID)]
    ) -> Response:
        file = await _find(database, file_id)
        async with database.write() as tx:
            if await attachments.again(tx, file_id):
                message = await tx.session.get_one(Message, file.message_id)
                events.emit(
                    tx, "message.attached",
                    conversation_id=message.conversation_id, message=message.id,
                )  # fmt: skip
                signals.wake(tx, attachments.SIGNAL)
        return Response(status_code=204) if is_htmx(request) else go_to(request, f"/inbox/{stay}")

    async def give(
        person_id: int, file: Enclosed, digest: str | None, action: str, *, inline: bool
    ) -> Response:
        try:
            kept = await store.find(digest or "")
        except FileGone:
            return PlainTextResponse(_GONE, 410, {"cache-control": "no-store"})
        async with database.write() as tx:
            audit.record(tx, person_id, action, object_kind="attachment", object_id=file.id)
        return served(kept, file.name, inline=inline)

    return routes


async def _find(database: Database, file_id: int) -> Enclosed:
    async with database.read() as session:
        found = await attachments.find(session, file_id)
    if found is None:
        raise HTTPException(404)
    return found
