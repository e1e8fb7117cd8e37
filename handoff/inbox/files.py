"""Files of conversations: ``/inbox/files/{id}``, its picture, asking for it again; and those that
an operator sends up, or an article has, for his answer.

No signed links here: who opens a file is known, allowed to, and stands in the log.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from starlette.responses import JSONResponse, PlainTextResponse

from conversations.events import Events
from conversations.models import Message
from handoff.errors import UploadGone
from handoff.inbox.articles import Articles, files_of
from handoff.inbox.enclosed import size
from handoff.inbox.pages import ROLES
from handoff.inbox.uploads import Upload, Uploads, of_article
from media import attachments
from media.attachments import Enclosed, KeptFile, clean_name, keep
from media.content import saved_as
from media.errors import FileGone, NotAllowed
from media.models import Problem
from media.pages import served
from media.store import LARGEST, MediaStore
from staff import audit
from storage.base import LARGEST_ID
from storage.database import Database
from storage.signals import Signals
from web.guard import Me, require
from web.respond import go_to, is_htmx
from web.row_id import RowId

_GONE = "Этого файла больше нет: срок его хранения прошёл."


# Why a file is not taken: HTTP status and words.
_REFUSED = {
    Problem.TOO_LARGE: (413, "больше 20 МБ. Отправьте файл поменьше."),
    Problem.EMPTY: (422, "файл пустой."),
    Problem.TYPE: (
        415, "такие файлы не отправляем. Подойдут фото, PDF, Word и Excel, аудио и видео.",
    ),
}  # fmt: skip


def files(
    database: Database,
    events: Events,
    signals: Signals,
    store: MediaStore,
    uploads: Uploads,
    articles: Articles,
) -> APIRouter:
    def draft_of(upload: Upload, person_id: int) -> dict[str, object]:
        """As the composer lists it."""
        return {
            "token": uploads.token(upload, person_id),
            "name": upload.name,
            "size": size(upload.kept.size),
            "picture": upload.is_picture,
        }

    routes = APIRouter(prefix="/inbox/files", dependencies=[Depends(require(*ROLES))])

    @routes.post("")
    async def upload(
        request: Request, me: Me, name: Annotated[str, Query(max_length=400)] = ""
    ) -> Response:
        """The body is the file itself; its name stands in the address. Nothing is sent yet."""
        try:
            kept = await _kept(request, store)
        except NotAllowed as refused:
            status, why = _REFUSED[Problem(refused.problem)]
            return JSONResponse({"why": why}, status)
        saved = saved_as(clean_name(name) or "Файл", kept.content_type)
        return JSONResponse(draft_of(Upload(kept, saved), me.person_id), 201)

    @routes.post("/article")
    async def enclose(me: Me, topic: Annotated[str, Form(max_length=100)] = "") -> Response:
        """The files of the article whose text was inserted."""
        answer = articles.answer(topic)
        if answer is None:
            raise HTTPException(404)
        found = await of_article(store, files_of(answer))
        return JSONResponse([draft_of(one, me.person_id) for one in found])

    @routes.get("/draft/{token}")
    async def draft(me: Me, token: str) -> Response:
        """The picture of a draft, for its own author."""
        try:
            kept = await store.find(uploads.open(token, me.person_id).kept.preview or "")
        except (UploadGone, FileGone):
            return PlainTextResponse(_GONE, 410, {"cache-control": "no-store"})
        return served(kept, "photo.jpg", inline=True)

    @routes.get("/{file_id}")
    async def saved(me: Me, file_id: RowId) -> Response:
        """As it was sent: to be saved, whatever it is."""
        file = await _find(database, file_id)
        return await give(me.person_id, file, file.digest, "attachment.saved", inline=False)

    @routes.get("/{file_id}/picture")
    async def picture(me: Me, file_id: RowId) -> Response:
        """The picture that we made of it."""
        file = await _find(database, file_id)
        return await give(me.person_id, file, file.preview, "attachment.viewed", inline=True)

    @routes.post("/{file_id}/again")
    async def again(
        request: Request, file_id: RowId, stay: Annotated[int, Form(ge=1, le=LARGEST_ID)]
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
        answer = served(kept, file.name, inline=inline)
        # A passport must not lie in the cache of a computer that several people use.
        answer.headers["cache-control"] = "no-store"
        return answer

    return routes


async def _kept(request: Request, store: MediaStore) -> KeptFile:
    """Raises NotAllowed."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST:
            raise NotAllowed(Problem.TOO_LARGE)
    return await keep(store, bytes(content))


async def _find(database: Database, file_id: int) -> Enclosed:
    async with database.read() as session:
        found = await attachments.find(session, file_id)
    if found is None:
        raise HTTPException(404)
    return found
