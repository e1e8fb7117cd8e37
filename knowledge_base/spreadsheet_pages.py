"""Questions and answers of a spreadsheet, uploaded by an editor: every row becomes a draft."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, File, Request, Response, UploadFile

from knowledge_base import listing, spreadsheet
from knowledge_base.editing import Editor
from knowledge_base.errors import Unfit
from staff import audit
from web.guard import Me
from web.respond import page

# A wrong column is wrong in every row.
MOST_TOLD = 20


def add_pages(router: APIRouter, editor: Editor) -> None:
    """Before the pages of articles, whose addresses are numbers."""

    @router.post("/table")
    async def upload(request: Request, me: Me, file: Annotated[UploadFile, File()]) -> Response:
        content = await file.read(spreadsheet.LARGEST_FILE + 1)
        try:
            drafts = await asyncio.to_thread(spreadsheet.read, content)
        except Unfit as unfit:
            told = [f"Строка {one.line}: {one.message}." for one in unfit.problems]
            more = len(told) - MOST_TOLD
            if more > 0:
                told = [*told[:MOST_TOLD], f"И ещё {more}."]
            return _page(request, rows=told, status=422)
        async with editor.database.write() as tx:
            saved = await spreadsheet.import_drafts(tx, drafts, author_id=me.person_id)
            audit.record(tx, me.person_id, "articles.imported", articles=len(saved))
        async with editor.database.read() as session:
            found = await listing.by_topics(session, saved)
        return _page(request, drafts=found, unchanged=len(drafts) - len(saved))


def _page(request: Request, *, status: int = 200, **shown: Any) -> Response:
    context = {"topic": "", "title": ""} | shown
    return page(request, "knowledge_base/new.html", context, status=status)
