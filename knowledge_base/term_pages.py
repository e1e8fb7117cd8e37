"""What an editor is to look at, and taking an article back."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from knowledge_base.approval import Who, waiting_for
from knowledge_base.editing import Editor
from knowledge_base.errors import ArticleUnknown, EditConflict, StillPointedTo
from knowledge_base.listing import open_article
from knowledge_base.reminders import Reminders
from knowledge_base.withdrawing import pointers
from web.guard import Me
from web.respond import go_to, is_htmx, page
from web.row_id import RowId


def add_pages(router: APIRouter, editor: Editor, reminders: Reminders) -> None:
    """Before the pages of articles, whose addresses are numbers."""

    @router.get("/reminders")
    async def unread(request: Request, me: Me) -> Response:
        return await _shown(request, me)

    @router.get("/reminders/count")
    async def count(request: Request, me: Me) -> Response:
        return await _shown(request, me, "fragment_reminders_count.html")

    @router.post("/reminders/{reminder_id}/seen")
    async def seen(request: Request, me: Me, reminder_id: RowId) -> Response:
        await reminders.mark_seen(reminder_id, me.person_id)
        if not is_htmx(request):
            return go_to(request, "/kb")
        return await _shown(request, me, opened=True)

    @router.get("/{article_id}/withdraw")
    async def ask(request: Request, article_id: RowId) -> Response:
        return await _ask(request, article_id)

    @router.post("/{article_id}/withdraw")
    async def withdraw(
        request: Request, me: Me, article_id: RowId, base: Annotated[int, Form(ge=0)]
    ) -> Response:
        try:
            await editor.withdraw(article_id, author_id=me.person_id, base_number=base)
        except ArticleUnknown:
            raise HTTPException(404) from None
        except StillPointedTo:
            return await _ask(request, article_id, status=422)
        except EditConflict:
            return await _ask(request, article_id, status=422, changed=True)
        return go_to(request, f"/kb/{article_id}?done=withdrawn")

    async def _ask(
        request: Request, article_id: int, *, status: int = 200, changed: bool = False
    ) -> Response:
        try:
            async with editor.database.read() as session:
                opened = await open_article(session, article_id)
                found = await pointers(session, opened.topic, editor.pointed_to)
        except ArticleUnknown:
            raise HTTPException(404) from None
        context = {"article": opened, "pointers": found, "changed": changed}
        return page(request, "knowledge_base/withdraw.html", context, status=status)

    async def _shown(
        request: Request, me: Me, piece: str = "fragment_reminders.html", **shown: Any
    ) -> Response:
        async with editor.database.read() as session:
            found = await reminders.unread(session, me.person_id)
            waiting = await waiting_for(session, Who(me.person_id, me.role))
        context: Mapping[str, Any] = {"reminders": found, "waiting": waiting} | shown
        return page(request, f"knowledge_base/{piece}", dict(context))
