"""A file that a customer sends in the page: one request, one message.

The body is the file itself: what it is, its bytes say, and its name stands in the address.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse

from bots.incoming import Incoming
from bots.web_chat import history
from bots.web_chat.chat import Chat
from bots.web_chat.refusals import NOT_KEPT, ChatRoute, Refusal
from conversations.models import MessageKind
from media.attachments import KeptFile, clean_name, keep
from media.errors import NotAllowed
from media.models import Problem
from media.store import LARGEST

_SENTENCES = {
    Problem.TOO_LARGE: (413, "Файл больше 20 МБ. Пришлите фото поменьше или часть документа."),
    Problem.EMPTY: (422, "Файл пустой. Выберите другой."),
    Problem.TYPE: (
        415, "Такие файлы не принимаем. Подойдут фото, PDF, документы Word и Excel, аудио и видео.",
    ),
}  # fmt: skip


def router(chat: Chat) -> APIRouter:
    routes = APIRouter(prefix="/chat", route_class=ChatRoute)

    @routes.post("/files")
    async def upload(
        request: Request,
        key: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{8,64}$")],
        name: Annotated[str, Query(max_length=400)] = "",
    ) -> Response:
        """202 only after the message is stored; the same key again changes nothing."""
        chat.check_writing(request)
        visitor = await chat.must_know(request)
        chat.gates.file(request, visitor)
        kept = await _kept(chat, request)
        kind = _kind(kept)
        file = {"type": kind, "name": clean_name(name), "kept": kept.columns()}
        await chat.intake.accept(
            Incoming(
                bot_account_id=chat.account_id,
                channel="web",
                chat_id=visitor.chat_id,
                external_id=history.external_id(visitor.chat_id, key),
                kind=MessageKind.ATTACHMENT,
                sent_at=chat.clock.now(),
                data={"type": kind, "files": [file]},
            )
        )
        await chat.visitors.seen(visitor)
        return JSONResponse({"key": key}, 202, NOT_KEPT)

    return routes


async def _kept(chat: Chat, request: Request) -> KeptFile:
    try:
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > LARGEST:
                raise NotAllowed(Problem.TOO_LARGE)
        return await keep(chat.media, bytes(content))
    except NotAllowed as refused:
        status, sentence = _SENTENCES[Problem(refused.problem)]
        raise Refusal(status, refused.problem, sentence) from refused


def _kind(kept: KeptFile) -> str:
    family = kept.content_type.partition("/")[0]
    return {"image": "photo", "audio": "audio", "video": "video"}.get(family, "document")
