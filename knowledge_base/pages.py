"""The editors' pages: the list, the edit page, versions, «Попробовать»."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response

from knowledge_base import (
    autosave,
    forms,
    listing,
    people_pages,
    scheduling,
    spreadsheet_pages,
    statistics,
    term_pages,
    tools,
    versions,
)
from knowledge_base.approval import Approval
from knowledge_base.article_text import ArticleText
from knowledge_base.company import pages as value_pages
from knowledge_base.differences import compare
from knowledge_base.editing import Editor, Saved
from knowledge_base.errors import ArticleUnknown, EditConflict, NotForYou, TopicTaken, Unfit
from knowledge_base.files import pages as file_pages
from knowledge_base.files.service import ArticleFiles
from knowledge_base.front_matter import TOPIC
from knowledge_base.gaps import pages as gap_pages
from knowledge_base.learning import pages as learning_pages
from knowledge_base.models import ArticleVersion
from knowledge_base.names import (
    ACTIONS,
    AUDIENCES,
    SECTIONS,
    STATES,
    section_of,
)
from knowledge_base.reminders import Reminders
from knowledge_base.tools import TOO_LONG, is_too_long, look, opened_article, told
from knowledge_base.try_out import ReadPhrases, TryIt
from knowledge_base.variables import names
from staff.models import Role
from storage.base import LARGEST_ID
from web.guard import Me, require
from web.respond import go_to, is_htmx, page
from web.row_id import RowId
from web.shell import shell_of

DONE = {
    "saved": "Черновик сохранён.",
    "published": "Опубликовано: бот уже отвечает по-новому.",
    "scheduled": "Назначено: новый текст выйдет сам в день «Действует с», а до него клиенты читают "
    "прежний.",
    "taught": "Вопросы клиентов добавлены в черновик. Проверьте варианты и опубликуйте.",
    "withdrawn": "Снято с публикации: клиенты эту статью больше не видят, вопросы идут операторам.",
    "submitted": "Отправлено на согласование. Клиенты пока видят прежний текст.",
    "approved": "Согласовано и опубликовано: бот уже отвечает по-новому.",
    "sent_back": "Возвращено автору с Вашим замечанием.",
    "restored": "Прежний текст вернулся черновиком. Проверьте его и опубликуйте.",
}
REFUSED = {
    "changed": "Не получилось: версию уже изменили или она не готова. Посмотрите её ещё раз.",
    "not": "Это решает другой человек: тот, кто согласует статью и сам её не писал.",
}
STATUSES = {
    listing.Status.PUBLISHED: "Опубликована",
    listing.Status.CHANGED: "Есть черновик",
    listing.Status.DRAFT: "Не опубликована",
    listing.Status.OFF: "Не действует",
}


def router(
    editor: Editor,
    try_it: TryIt,
    read: ReadPhrases,
    reference: value_pages.Reference,
    files: ArticleFiles,
    *,
    zone: ZoneInfo,
) -> APIRouter:
    """``try_it`` answers a message as the dialog would, ``read`` only understands; ``zone`` is
    the company's."""
    router = APIRouter(
        prefix="/kb", dependencies=[Depends(require(Role.EDITOR, Role.ADMINISTRATOR))]
    )
    _add_list(router, editor, zone)
    tools.add_pages(router, editor, try_it, read, files, zone)
    file_pages.add_pages(router, files)
    spreadsheet_pages.add_pages(router, editor)
    learning_pages.add_pages(router, editor.learning)
    gap_pages.add_pages(router, editor)
    value_pages.add_pages(router, reference)
    people_pages.add_pages(router, Approval(editor))
    term_pages.add_pages(router, editor, Reminders(editor.database, editor.events, zone))
    _add_article(router, editor, files, zone)
    _add_versions(router, editor, files, zone)
    return router


def _add_list(router: APIRouter, editor: Editor, zone: ZoneInfo) -> None:
    @router.get("")
    async def articles(
        request: Request,
        q: Annotated[str, Query(max_length=200)] = "",
        section: Annotated[str, Query(max_length=50)] = "",
        status: Annotated[str, Query(max_length=20)] = "",
        overdue: Annotated[bool, Query()] = False,
        audience: Annotated[str, Query(max_length=20)] = "",
        unhelpful: Annotated[bool, Query()] = False,
    ) -> Response:
        wanted = listing.Filter(q, section, status, overdue, audience, unhelpful)
        now = editor.database.clock.now()
        async with editor.database.read() as session:
            rows = await listing.articles(session, wanted, now=now, zone=zone)
            if not rows and wanted == listing.Filter(q) and q.strip():
                rows = await listing.similar(session, wanted, now=now, zone=zone)
        authors = {row.author_id for row in rows if row.author_id is not None}
        context = {
            "rows": rows,
            "wanted": wanted,
            "people": await shell_of(request).staff.names(authors),
            "sections": SECTIONS,
            "statuses": STATUSES,
            "audiences": AUDIENCES,
            "ending": sorted(
                (row for row in rows if row.days_left), key=lambda row: row.days_left or 0
            ),
        }
        piece = is_htmx(request)
        name = "fragment_list.html" if piece else "list.html"
        return page(request, f"knowledge_base/{name}", context)

    @router.get("/new")
    async def new(request: Request) -> Response:
        return page(request, "knowledge_base/new.html", {"topic": "", "title": ""})

    @router.post("/new")
    async def create(
        request: Request,
        me: Me,
        topic: Annotated[str, Form()] = "",
        title: Annotated[str, Form()] = "",
    ) -> Response:
        full = f"faq/{topic.strip().removeprefix('faq/')}"
        if not title.strip():
            problem = "Напишите заголовок."
        elif TOPIC.fullmatch(full) is None:
            problem = "Имя темы пишется латинскими буквами, цифрами и знаком _."
        else:
            try:
                article_id = await editor.create(full, title, author_id=me.person_id)
                return go_to(request, f"/kb/{article_id}")
            except TopicTaken:
                problem = "Статья с таким именем темы уже есть."
        context = {"topic": topic, "title": title, "problem": problem}
        return page(request, "knowledge_base/new.html", context, status=422)


def _add_article(router: APIRouter, editor: Editor, files: ArticleFiles, zone: ZoneInfo) -> None:
    @router.get("/{article_id}")
    async def edit(
        request: Request, me: Me, article_id: RowId, done: Annotated[str, Query()] = ""
    ) -> Response:
        opened = await opened_article(editor, article_id)
        text, base = versions.text_of(opened.version), opened.version.number
        async with editor.database.read() as session:
            kept = await autosave.kept(session, article_id, me.person_id)
        if kept is not None and kept.text != text:
            text, base = kept.text, kept.base_number
        else:
            kept = None
        return await _edit_page(
            request,
            editor,
            files,
            zone,
            opened,
            text,
            base,
            notice=DONE.get(done),
            kept=kept,
            refused=REFUSED.get(done),
        )

    @router.post("/{article_id}/autosave")
    async def keep(request: Request, me: Me, article_id: RowId) -> Response:
        if is_too_long(request):
            raise HTTPException(413)
        opened = await opened_article(editor, article_id)
        filled = forms.read(await request.form(), zone, versions.text_of(opened.version))
        async with editor.database.write() as tx:
            await autosave.keep(
                tx, article_id, me.person_id, filled.text, base_number=filled.base_number
            )
        return Response(status_code=204)

    @router.post("/{article_id}/forget")
    async def forget(request: Request, me: Me, article_id: RowId) -> Response:
        async with editor.database.write() as tx:
            await autosave.forget(tx, article_id, me.person_id)
        return go_to(request, f"/kb/{article_id}")

    @router.post("/{article_id}/save")
    async def save(request: Request, me: Me, article_id: RowId) -> Response:
        return await _step(request, me, article_id, publish=False)

    @router.post("/{article_id}/publish")
    async def publish(request: Request, me: Me, article_id: RowId) -> Response:
        return await _step(request, me, article_id, publish=True)

    async def _step(request: Request, me: Me, article_id: RowId, *, publish: bool) -> Response:
        opened = await opened_article(editor, article_id)
        if is_too_long(request):
            former = versions.text_of(opened.version)
            problems = [told(TOO_LONG)]
            number = opened.version.number
            return await _edit_page(
                request, editor, files, zone, opened, former, number, problems=problems
            )
        form = await request.form()
        filled = forms.read(form, zone, versions.text_of(opened.version))
        text, base = filled.text, filled.base_number
        over = form.get("over")
        if isinstance(over, str) and over == str(opened.version.number):
            base = opened.version.number  # the other's text has been read and is to be replaced
        submits = publish and opened.approver_id is not None
        act = editor.publish if publish else editor.save
        if submits:
            act = Approval(editor).submit
        shown: dict[str, Any] = {}
        try:
            if filled.problems:
                raise Unfit(filled.problems)
            saved: Saved = await act(article_id, text, author_id=me.person_id, base_number=base)
        except Unfit as unfit:
            shown["problems"] = [told(problem) for problem in unfit.problems]
        except NotForYou:
            opened = await opened_article(editor, article_id)
            shown["problems"] = ["Статью теперь согласует другой человек: нажмите ещё раз."]
        except EditConflict:
            opened = await opened_article(editor, article_id)
            shown["conflict"] = opened.version
            shown["differences"] = compare(versions.text_of(opened.version), text, zone)
        else:
            async with editor.database.write() as tx:
                await autosave.forget(tx, article_id, me.person_id)
            done = "submitted" if submits else "published" if publish else "saved"
            if saved.training_id is not None:
                done = "learning"
            if saved.waits:
                done = "scheduled"
            if not is_htmx(request):
                return go_to(request, f"/kb/{article_id}?done={done}")
            shown["notice"] = DONE.get(done)
            opened = await opened_article(editor, article_id)
            base = saved.number
        return await _edit_page(request, editor, files, zone, opened, text, base, **shown)


def _add_versions(router: APIRouter, editor: Editor, files: ArticleFiles, zone: ZoneInfo) -> None:
    @router.get("/{article_id}/versions/{version_id}")
    async def version(
        request: Request,
        article_id: RowId,
        version_id: RowId,
        changed: Annotated[bool, Query()] = False,
        against: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        """``against``: the version to compare with; by default the newest, for the newest itself
        the one before."""
        opened = await opened_article(editor, article_id)
        async with editor.database.read() as session:
            past = await listing.history(session, article_id)
        shown = next((one for one in past if one.id == version_id), None)
        others = [one for one in past if one.id != version_id]
        other = next((one for one in others if against in (None, one.id)), None)
        if shown is None or (against is not None and other is None):
            raise HTTPException(404)
        text = versions.text_of(shown)
        context = {
            "article": opened,
            "version": shown,
            "text": text,
            "other": other,
            "others": others,
            "differences": compare(versions.text_of(other), text, zone) if other else [],
            "changed": changed,
            "people": await _people(request, shown),
            "states": STATES,
            "actions": ACTIONS,
        } | await look(editor, files, text)
        return page(request, "knowledge_base/version.html", context)

    @router.post("/{article_id}/versions/{version_id}/restore")
    async def restore(
        request: Request,
        me: Me,
        article_id: RowId,
        version_id: RowId,
        base: Annotated[int, Form(ge=0)],
    ) -> Response:
        try:
            async with editor.database.read() as session:
                older = await listing.open_version(session, article_id, version_id)
            await editor.restore(article_id, older, author_id=me.person_id, base_number=base)
            async with editor.database.write() as tx:
                await autosave.forget(tx, article_id, me.person_id)
        except ArticleUnknown:
            raise HTTPException(404) from None
        except EditConflict:
            return go_to(request, f"/kb/{article_id}/versions/{version_id}?changed=1")
        return go_to(request, f"/kb/{article_id}?done=restored")


async def _edit_page(
    request: Request,
    editor: Editor,
    files: ArticleFiles,
    zone: ZoneInfo,
    opened: listing.Opened,
    text: ArticleText,
    base: int,
    **shown: Any,
) -> Response:
    """The whole page; after a step by htmx only what the step changed. ``shown``: ``notice``,
    ``problems``, or ``conflict`` (the other's version) with ``differences``; ``kept``: the text is
    what was typed and not saved."""
    now = editor.database.clock.now()
    async with editor.database.read() as session:
        past = await listing.history(session, opened.id)
        articles = await listing.titles(session)
        people = await people_pages.shown(request, session, request.state.me, opened)
        awaited = await scheduling.awaited(session)
        figures = await statistics.of_topic(session, opened.topic, now=now, zone=zone)
    context: dict[str, Any] = {
        "article": opened,
        "section": section_of(opened.topic, text.tags),
        "text": text,
        "base": base,
        "history": past,
        "comes_at": awaited.get(opened.version.id),
        "people": await _people(request, *past),
        "states": STATES,
        "notice": None,
        "refused": None,
        "problems": [],
        "conflict": None,
        "differences": [],
        "kept": None,
        "training": await learning_pages.training_of(editor.learning, opened.id),
        "on": "article",
    }
    context |= people | shown
    status = 422 if context["problems"] or context["conflict"] else 200
    if is_htmx(request):
        return page(request, "knowledge_base/fragment_outcome.html", context, status=status)
    context |= await look(editor, files, text)
    context |= {
        "audiences": AUDIENCES,
        "actions": ACTIONS,
        "statistics": figures,
        "articles": {topic: title for topic, title in articles.items() if topic != opened.topic},
        "variables": names(editor.variables()),
        "valid_from": forms.local_input(text.valid_from, zone),
        "valid_until": forms.local_input(text.valid_until, zone),
        "result": None,
        "tried": "",
        "tried_draft": False,
    }
    return page(request, "knowledge_base/edit.html", context, status=status)


async def _people(request: Request, *shown: ArticleVersion) -> dict[int, str]:
    ids = {version.author_id for version in shown if version.author_id is not None}
    return await shell_of(request).staff.names(ids)
