"""Who keeps an article and who approves it; approving it and sending it back."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.approval import LONGEST_NOTE, Approval, Who, authors_of, may_approve
from knowledge_base.errors import ArticleUnknown, EditConflict, NotForYou, Unfit
from knowledge_base.listing import Opened
from staff.models import Role
from web.guard import Me
from web.respond import go_to, is_htmx, page
from web.row_id import RowId
from web.shell import shell_of

Base = Annotated[int, Form(ge=0)]


async def editors(request: Request) -> dict[int, str]:
    """Whoever may keep or approve an article, by id."""
    people = await shell_of(request).staff.people((Role.EDITOR, Role.ADMINISTRATOR))
    return {person.id: person.display_name for person in people}


async def shown(request: Request, session: AsyncSession, me: Me, opened: Opened) -> dict[str, Any]:
    """For the edit page: the people of an article, and whether ``me`` decides about its draft."""
    authors = await authors_of(session, opened.id)
    return {
        "editors": await editors(request),
        "responsible_id": opened.responsible_id,
        "approver_id": opened.approver_id,
        "may_approve": opened.version.submitted_at is not None
        and may_approve(_who(me), opened.approver_id, authors),
    }


def add_pages(router: APIRouter, approval: Approval) -> None:
    @router.post("/{article_id}/people")
    async def people(
        request: Request,
        me: Me,
        article_id: RowId,
        responsible: Annotated[str, Form()] = "",
        approver: Annotated[str, Form()] = "",
    ) -> Response:
        possible = await editors(request)
        context: dict[str, Any] = {
            "article": {"id": article_id},
            "editors": possible,
            "responsible_id": _chosen(responsible, possible),
            "approver_id": _chosen(approver, possible),
            "entrusted": True,
        }
        try:
            await approval.set_people(
                article_id, _who(me), responsible_id=context["responsible_id"],
                approver_id=context["approver_id"],
            )  # fmt: skip
        except ArticleUnknown:
            raise HTTPException(404) from None
        except NotForYou:
            context["entrusted"] = False
        if not is_htmx(request):
            return go_to(request, f"/kb/{article_id}?done={'' if context['entrusted'] else 'not'}")
        status = 200 if context["entrusted"] else 422
        return page(request, "knowledge_base/fragment_people.html", context, status=status)

    @router.post("/{article_id}/approve")
    async def approve(request: Request, me: Me, article_id: RowId, base: Base) -> Response:
        done = "approved"
        try:
            saved = await approval.approve(article_id, _who(me), base_number=base)
            if saved.training_id is not None:
                done = "learning"
            if saved.waits:
                done = "scheduled"
        except ArticleUnknown:
            raise HTTPException(404) from None
        except NotForYou:
            done = "not"
        except (EditConflict, Unfit):
            done = "changed"
        return go_to(request, f"/kb/{article_id}?done={done}")

    @router.post("/{article_id}/send-back")
    async def send_back(
        request: Request,
        me: Me,
        article_id: RowId,
        base: Base,
        note: Annotated[str, Form(max_length=LONGEST_NOTE)] = "",
    ) -> Response:
        done = "sent_back"
        try:
            await approval.send_back(article_id, _who(me), note, base_number=base)
        except ArticleUnknown:
            raise HTTPException(404) from None
        except NotForYou:
            done = "not"
        except EditConflict:
            done = "changed"
        return go_to(request, f"/kb/{article_id}?done={done}")


def _who(me: Me) -> Who:
    return Who(me.person_id, me.role)


def _chosen(typed: str, possible: dict[int, str]) -> int | None:
    if not typed:
        return None
    for one in possible:
        if str(one) == typed:
            return one
    raise HTTPException(422)
