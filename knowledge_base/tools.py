"""Beside the edit page: the preview with its warnings, and «Попробовать»."""

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.datastructures import FormData

from knowledge_base import forms, listing
from knowledge_base.article_text import ArticleText
from knowledge_base.checks import find_excess, find_problems
from knowledge_base.conflicts import find_conflicts
from knowledge_base.editing import Editor
from knowledge_base.errors import ArticleUnknown, Problem
from knowledge_base.files.service import ArticleFiles
from knowledge_base.files.service import known as known_files
from knowledge_base.names import INTENTS, place_in
from knowledge_base.preview import bubbles, previews
from knowledge_base.style import advice
from knowledge_base.try_out import Draft, ReadPhrases, TryIt
from knowledge_base.versions import text_of
from storage.base import LARGEST_ID
from web.respond import is_htmx, page

LONGEST_TRY = 1_000
# More than this at once is no help.
MOST_ADVICE = 8
# A form that is longer is not even read; an article that may be saved is far below.
LONGEST_FORM = 900_000
TOO_LONG = Problem("Текст слишком длинный: разделите его на несколько статей")


def add_pages(
    router: APIRouter,
    editor: Editor,
    try_it: TryIt,
    read: ReadPhrases,
    files: ArticleFiles,
    zone: ZoneInfo,
) -> None:
    @router.post("/try")
    async def try_message(request: Request) -> Response:
        """On the edit page also ``article`` and ``draft``: with the draft in place of what is
        published."""
        if is_too_long(request):
            raise HTTPException(413)
        form = await request.form()
        typed = form.get("text")
        text = typed.strip()[:LONGEST_TRY] if isinstance(typed, str) else ""
        context: dict[str, Any] = {"tried": text, "result": None, "tried_draft": False}
        if text:
            draft = await _draft(form) if form.get("draft") else None
            context["tried_draft"] = draft is not None
            result = await try_it(text, draft)
            async with editor.database.read() as session:
                known = await listing.titles(session)
            context |= {
                "result": result,
                "names": INTENTS | known,
                "bubbles": [one for reply in result.replies for one in bubbles(reply, files.link)],
            }
        name = "fragment_try.html" if is_htmx(request) else "try.html"
        return page(request, f"knowledge_base/{name}", context)

    async def _draft(form: FormData) -> Draft | None:
        """As it is typed; without scripts as it was saved last."""
        opened = await _opened(form.get("article"))
        if opened is None:
            return None
        saved = text_of(opened.version)
        text = forms.read(form, zone, saved).text if "body" in form else saved
        async with editor.database.read() as session:
            return Draft(opened.topic, text, await known_files(session))

    @router.post("/preview")
    async def preview(request: Request) -> Response:
        if is_too_long(request):
            context = _nothing_shown([told(TOO_LONG)])
        else:
            form = await request.form()
            filled = forms.read(form, zone, ArticleText("", ""))
            context = await look(editor, files, filled.text)
            context["conflicts"] = await _conflicts(form.get("article"), filled.text)
        return page(request, "knowledge_base/fragment_preview.html", context)

    async def _conflicts(typed_id: object, text: ArticleText) -> list[tuple[str, str, int | None]]:
        """Variants with the name of the topic they are taken for, and how surely (per cent)."""
        opened = await _opened(typed_id)
        if opened is None:
            return []
        async with editor.database.read() as session:
            found = await find_conflicts(
                session, read, article_id=opened.id, topic=opened.topic, questions=text.questions
            )
            known = INTENTS | await listing.titles(session)
        return [
            (
                one.question,
                known.get(one.topic, one.topic),
                None if one.confidence == 1.0 else round(100 * one.confidence),
            )
            for one in found
        ]

    async def _opened(typed_id: object) -> listing.Opened | None:
        if not (isinstance(typed_id, str) and typed_id.isascii() and typed_id.isdigit()):
            return None
        return await opened_article(editor, min(int(typed_id), LARGEST_ID))


def is_too_long(request: Request) -> bool:
    return int(request.headers.get("content-length") or 0) > LONGEST_FORM


async def opened_article(editor: Editor, article_id: int) -> listing.Opened:
    try:
        async with editor.database.read() as session:
            return await listing.open_article(session, article_id)
    except ArticleUnknown:
        raise HTTPException(404) from None


async def look(editor: Editor, files: ArticleFiles, text: ArticleText) -> dict[str, Any]:
    """``previews`` of each channel and ``obstacles`` to publishing."""
    values = editor.variables()
    async with editor.database.read() as session:
        topics = await listing.titles(session)
        known = await known_files(session)
    problems = find_problems(text, values, topics=topics, files=known)
    excess = list(find_excess(text))
    return {
        "previews": [] if excess else previews(text, values, known, files.link),
        "obstacles": [told(one) for one in problems],
        "advice": [] if excess else [told(one) for one in advice(text)][:MOST_ADVICE],
        "conflicts": [],
    }


def _nothing_shown(obstacles: list[str]) -> dict[str, Any]:
    return {"previews": [], "obstacles": obstacles, "advice": [], "conflicts": []}


def told(problem: Problem) -> str:
    """«Ответ, строка 3: нет такой переменной»."""
    place = place_in(problem)
    return f"{place}: {problem.message}." if place else f"{problem.message}."
