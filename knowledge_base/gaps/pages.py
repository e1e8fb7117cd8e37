"""The page of gaps: what customers ask that has no good answer."""

import csv
import io
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response

from knowledge_base import listing
from knowledge_base.editing import Editor
from knowledge_base.errors import ArticleUnknown, EditConflict, TopicTaken
from knowledge_base.front_matter import TOPIC
from knowledge_base.gaps.models import GapKind
from knowledge_base.gaps.service import Gaps
from knowledge_base.names import INTENTS
from staff import audit
from staff.models import Role
from web.exports import harmless
from web.guard import Me
from web.respond import go_to, page
from web.row_id import RowId

KINDS = {
    GapKind.NOT_UNDERSTOOD: "не понято",
    GapKind.NOT_HELPFUL: "не помогло",
    GapKind.HANDED_OVER: "ушло к оператору",
    GapKind.MISREAD: "оператор: понято неверно",
}
WEEKS = {1: "За неделю", 4: "За 4 недели", 12: "За 12 недель"}
MOST_GROUPS = 60
NOTICES = {
    "not_ours": "Отложено: эти вопросы больше не показываются.",
    "gone": "Статью только что изменил другой редактор. Повторите, пожалуйста.",
}

Ids = Annotated[str, Form(pattern=r"^[0-9]{1,18}(,[0-9]{1,18}){0,1999}$", max_length=40_000)]


def add_pages(router: APIRouter, editor: Editor) -> None:
    gaps = Gaps(editor)

    @router.get("/gaps")
    async def show(
        request: Request,
        me: Me,
        weeks: Annotated[int, Query()] = 4,
        kind: Annotated[str, Query(max_length=20)] = "",
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        weeks, kind = _period(weeks), kind if kind in list(GapKind) else ""
        groups = await gaps.groups(weeks=weeks, kind=kind)
        return await _page(
            request, me.role, groups=groups, weeks=weeks, kind=kind, notice=NOTICES.get(done)
        )

    @router.get("/gaps/export.csv")
    async def export(
        me: Me, weeks: Annotated[int, Query()] = 4, kind: Annotated[str, Query(max_length=20)] = ""
    ) -> Response:
        out = io.StringIO()
        table = csv.writer(out, delimiter=";")
        table.writerow(["Группа", "Вопрос", "Почему здесь", "Тема", "Когда (UTC)"])
        groups = await gaps.groups(weeks=_period(weeks), kind=kind if kind in list(GapKind) else "")
        for number, group in enumerate(groups, 1):
            for one in group.questions:
                table.writerow(
                    [number, harmless(one.text), KINDS[one.kind], one.topic or one.understood,
                     one.at.strftime("%Y-%m-%d %H:%M")]
                )  # fmt: skip
        async with editor.database.write() as tx:
            audit.record(tx, me.person_id, "gap.exported")
        headers = {"content-disposition": 'attachment; filename="okno-gaps.csv"'}
        # With a mark, so that Excel reads the letters right.
        return Response(("\ufeff" + out.getvalue()).encode(), media_type="text/csv",
                        headers=headers)  # fmt: skip

    @router.post("/gaps/teach")
    async def teach(
        request: Request, me: Me, ids: Ids, topic: Annotated[str, Form(max_length=80)] = ""
    ) -> Response:
        try:
            async with editor.database.read() as session:
                article_id = await gaps.article_of(session, topic)
            await gaps.teach(_numbers(ids), article_id, person_id=me.person_id)
        except ArticleUnknown:
            raise HTTPException(404) from None
        except EditConflict:
            return go_to(request, "/kb/gaps?done=gone")
        return go_to(request, f"/kb/{article_id}?done=taught")

    @router.post("/gaps/new")
    async def start(
        request: Request,
        me: Me,
        ids: Ids,
        topic: Annotated[str, Form(max_length=80)] = "",
        title: Annotated[str, Form(max_length=150)] = "",
    ) -> Response:
        full = f"faq/{topic.strip().removeprefix('faq/')}"
        problem = ""
        if not title.strip():
            problem = "Напишите заголовок новой статьи."
        elif TOPIC.fullmatch(full) is None:
            problem = "Имя темы пишется латинскими буквами, цифрами и знаком _."
        else:
            try:
                article_id = await gaps.start_article(
                    _numbers(ids), full, title, person_id=me.person_id
                )
                return go_to(request, f"/kb/{article_id}?done=taught")
            except TopicTaken:
                problem = "Статья с таким именем темы уже есть: добавьте вопросы в неё."
        groups = await gaps.groups(weeks=4)
        return await _page(
            request, me.role, groups=groups, weeks=4, kind="", problem=problem, status=422
        )

    @router.post("/gaps/not-ours")
    async def not_ours(request: Request, me: Me, ids: Ids) -> Response:
        await gaps.not_ours(_numbers(ids), person_id=me.person_id)
        return go_to(request, "/kb/gaps?done=not_ours")

    @router.post("/gaps/{gap_id}/original")
    async def original(request: Request, me: Me, gap_id: RowId) -> Response:
        if me.role != Role.ADMINISTRATOR:
            raise HTTPException(403)
        text = await gaps.original(gap_id, person_id=me.person_id)
        if text is None:
            raise HTTPException(404)
        return page(request, "knowledge_base/fragment_original.html", {"text": text})

    async def _page(request: Request, role: str, *, status: int = 200, **shown: Any) -> Response:
        async with editor.database.read() as session:
            titles = await listing.titles(session)
        groups = shown.pop("groups")
        context = {
            "groups": groups[:MOST_GROUPS],
            "more": max(0, len(groups) - MOST_GROUPS),
            "total": sum(len(group.questions) for group in groups),
            "names": INTENTS | titles,
            "articles": {topic: title for topic, title in titles.items() if topic[:4] == "faq/"},
            "kinds": KINDS,
            "periods": WEEKS,
            "may_read": role == Role.ADMINISTRATOR,
            "notice": None,
            "problem": None,
        } | shown
        return page(request, "knowledge_base/gaps.html", context, status=status)


def _period(weeks: int) -> int:
    return weeks if weeks in WEEKS else 4


def _numbers(ids: str) -> list[int]:
    return [int(one) for one in ids.split(",")]
