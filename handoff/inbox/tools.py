"""What helps with answering: prepared answers and articles to insert, who else is here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response

from handoff.customer.accounts import Accounts
from handoff.errors import AnswerTooLong, EmptyAnswer
from handoff.inbox import canned
from handoff.inbox.answer_text import LIMIT
from handoff.inbox.articles import Articles, Insert, search
from handoff.inbox.presence import Presence
from handoff.inbox.queue import Stay
from handoff.inbox.typing import Typing
from knowledge_base.style import demands
from staff.models import Role
from storage.base import LARGEST_ID
from storage.database import Database
from web.guard import Me
from web.respond import go_to, page
from web.row_id import RowId
from web.shell import shell_of

# Who keeps the answers that everybody uses.
KEEPERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What prepared answers may name; ``subjects``: intents with their Russian names."""

    company: str
    office: Callable[[], str]
    subjects: Mapping[str, str]


class Inserts:
    """Prepared answers and articles, with the customer's values filled in."""

    def __init__(
        self, database: Database, articles: Articles, accounts: Accounts, facts: CompanyFacts
    ) -> None:
        self._database = database
        self._articles = articles
        self._accounts = accounts
        self._facts = facts

    async def found(self, stay: Stay, me: int, name: str, text: str) -> Sequence[Insert]:
        async with self._database.read() as session:
            replies = await canned.search(session, me, text)
        values = await self._values(stay, name)
        own = [
            Insert(
                reply.title,
                canned.filled(reply.text, values),
                "мой ответ" if reply.owner_id else "общий ответ",
            )
            for reply in replies
        ]
        articles = [
            replace(one, source="статья с файлами" if one.enclosing else "статья")
            for one in search(self._articles, text)
        ]
        return [*own, *articles]

    async def _values(self, stay: Stay, name: str) -> dict[str, str]:
        """An account is named only to somebody who has shown that it is his."""
        accounts = await self._accounts(stay.contact_id)
        return {
            "имя": stay.given_name or "",
            "счёт": accounts[0].number if accounts else "",
            "офис": self._facts.office(),
            "оператор": name,
            "компания": self._facts.company,
        }


def tools(
    database: Database,
    inserts: Inserts,
    presence: Presence,
    customer: Typing,
    read: Callable[[int], Awaitable[Stay]],
) -> APIRouter:
    """Routes below ``/inbox``; the caller guards them. ``read``: a stay, 404 when unknown."""
    routes = APIRouter()

    @routes.post("/style")
    async def style(request: Request, text: Annotated[str, Form()] = "") -> Response:
        """What of an answer could be said more softly [10]; nothing is forbidden or kept."""
        return page(request, "handoff/advice.html", {"advice": demands(text[:LIMIT])})

    @routes.get("/{handoff_id}/insert")
    async def insert(
        request: Request,
        me: Me,
        handoff_id: RowId,
        q: Annotated[str, Query(max_length=100)] = "",
    ) -> Response:
        found = await inserts.found(await read(handoff_id), me.person_id, me.display_name, q)
        return page(request, "handoff/inserts.html", {"inserts": found, "q": q})

    @routes.post("/{handoff_id}/presence")
    async def here(
        request: Request,
        me: Me,
        handoff_id: RowId,
        typing: Annotated[bool, Form()] = False,
        answer: Annotated[bool, Form()] = False,
        gone: Annotated[bool, Form()] = False,
    ) -> Response:
        """Who else is here, as a piece; the others are told when it is news, and the customer
        when it is an ``answer`` that is typed."""
        place = handoff_id, (await read(handoff_id)).conversation_id
        if gone:
            news = await presence.leave(*place, me.person_id)
        else:
            news = await presence.note(*place, me.person_id, me.display_name, typing=typing)
        for one in news:
            await shell_of(request).hub.tell("presence", one.conversation_id, **one.ids())
        if typing and answer:
            await customer.typed(handoff_id, me.person_id)
        others = [] if gone else presence.others(handoff_id, me.person_id)
        return page(request, "handoff/presence.html", {"others": others})

    return routes


def canned_pages(database: Database) -> APIRouter:
    """``/inbox/canned``: one's own prepared answers and, for supervisors, everybody's."""
    routes = APIRouter(prefix="/canned")

    def owner(me: Me, shared: bool) -> int | None:
        if shared and me.role not in KEEPERS:
            raise HTTPException(403)
        return None if shared else me.person_id

    async def shown(request: Request, me: Me, *, problem: str = "", **form: str) -> Response:
        async with database.read() as session:
            replies = await canned.all_for(session, me.person_id)
        context = {
            "replies": replies,
            "variables": canned.VARIABLES,
            "keeps": me.role in KEEPERS,
            "problem": problem,
            "form": {"title": "", "text": ""} | form,
        }
        return page(request, "handoff/canned.html", context, status=422 if problem else 200)

    @routes.get("")
    async def whole(request: Request, me: Me) -> Response:
        return await shown(request, me)

    @routes.post("")
    async def save(
        request: Request,
        me: Me,
        title: Annotated[str, Form()] = "",
        text: Annotated[str, Form()] = "",
        shared: Annotated[bool, Form()] = False,
        reply: Annotated[int | None, Form(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        whose = owner(me, shared)
        try:
            async with database.write() as tx:
                await canned.save(tx, reply, owner=whose, title=title, text=text)
        except EmptyAnswer:
            problem = "Нужны и название, и текст."
            return await shown(request, me, problem=problem, title=title, text=text)
        except AnswerTooLong as error:
            problem = f"Слишком длинно: можно до {error.limit} знаков."
            return await shown(request, me, problem=problem, title=title, text=text)
        return go_to(request, "/inbox/canned")

    @routes.post("/{reply_id}/remove")
    async def remove(
        request: Request, me: Me, reply_id: RowId, shared: Annotated[bool, Form()] = False
    ) -> Response:
        whose = owner(me, shared)
        async with database.write() as tx:
            await canned.remove(tx, reply_id, owner=whose)
        return go_to(request, "/inbox/canned")

    return routes
