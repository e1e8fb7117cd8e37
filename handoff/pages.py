"""The operators' inbox: ``/inbox``, its pieces, and what is pressed there.

The page is whole at every address; what changes is fetched in pieces through the same
permission check (``/inbox/list``, ``/inbox/{id}/news``…) when a live event says so.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from handoff import labels, queue
from handoff.accounts import Accounts
from handoff.actions import LARGEST_ID, StayId, actions
from handoff.clock import heat, left
from handoff.keys import new_key
from handoff.lines import preview
from handoff.models import HandoffState
from handoff.queue import PAGE, Stay, Tab
from handoff.service import HandoffService
from handoff.thread import MOST_CHANGED, Thread
from staff.models import Role
from web.guard import Me, require
from web.respond import page

ROLES = (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)

MessageId = Annotated[int, Query(ge=0, le=LARGEST_ID)]
TabName = Annotated[Tab, Query()]
Search = Annotated[str, Query(max_length=100)]
Limit = Annotated[int, Query(ge=1, le=queue.LONGEST_LIST)]

# What says how the customer came here, not about what.
_NO_TOPIC = {"operator", "danger", "help"}

TABS = {
    Tab.WAITING: "Ждут",
    Tab.MINE: "Мои",
    Tab.ALL: "Все",
    Tab.CLOSED: "Закрытые",
}


def router(
    service: HandoffService, *, accounts: Accounts, intent_title: Callable[[str], str]
) -> APIRouter:
    """``accounts``: a contact's confirmed accounts (``handoff.accounts.from_billing``).
    ``intent_title``: the Russian name of an intent or topic, "" for one without."""
    inbox = _Inbox(service, accounts, intent_title)
    routes = APIRouter(prefix="/inbox", dependencies=[Depends(require(*ROLES))])

    @routes.get("")
    async def whole(
        request: Request,
        me: Me,
        tab: TabName = Tab.WAITING,
        q: Search = "",
        limit: Limit = PAGE,
    ) -> Response:
        listed = await inbox.listed(me.person_id, tab, q, limit)
        return page(request, "handoff/inbox.html", listed | {"stay": None, "open_id": None})

    @routes.get("/list")
    async def pieces_of_list(
        request: Request,
        me: Me,
        tab: TabName = Tab.WAITING,
        q: Search = "",
        limit: Limit = PAGE,
        open: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        listed = await inbox.listed(me.person_id, tab, q, limit)
        return page(request, "handoff/list.html", listed | {"open_id": open})

    @routes.get("/{handoff_id}")
    async def opened(
        request: Request,
        me: Me,
        handoff_id: StayId,
        tab: TabName = Tab.WAITING,
        q: Search = "",
        limit: Limit = PAGE,
    ) -> Response:
        listed = await inbox.listed(me.person_id, tab, q, limit)
        conversation = await inbox.conversation(me.person_id, handoff_id)
        return page(request, "handoff/inbox.html", listed | conversation | {"open_id": handoff_id})

    @routes.get("/{handoff_id}/pane")
    async def pane(
        request: Request, me: Me, handoff_id: StayId, tab: TabName = Tab.WAITING
    ) -> Response:
        conversation = await inbox.conversation(me.person_id, handoff_id)
        return page(request, "handoff/pane.html", conversation | {"tab": tab})

    @routes.get("/{handoff_id}/older")
    async def older(request: Request, handoff_id: StayId, before: MessageId) -> Response:
        return page(request, "handoff/lines.html", await inbox.older(handoff_id, before))

    @routes.get("/{handoff_id}/news")
    async def news(
        request: Request,
        me: Me,
        handoff_id: StayId,
        after: MessageId = 0,
        changed: Annotated[str, Query(max_length=20 * MOST_CHANGED)] = "",
        tab: TabName = Tab.WAITING,
    ) -> Response:
        ids = [int(one) for one in changed.split(",") if one.isdecimal() and len(one) < 19]
        found = await inbox.news(me.person_id, handoff_id, after, ids[:MOST_CHANGED])
        return page(request, "handoff/news.html", found | {"tab": tab})

    @routes.get("/{handoff_id}/customer")
    async def customer(request: Request, handoff_id: StayId) -> Response:
        return page(request, "handoff/customer.html", await inbox.customer(handoff_id))

    routes.include_router(actions(service.desk))
    return routes


class _Inbox:
    """What the templates show."""

    def __init__(
        self, service: HandoffService, accounts: Accounts, intent_title: Callable[[str], str]
    ) -> None:
        self._service = service
        self._database = service.database
        self._accounts = accounts
        self._intent_title = intent_title
        self._thread = Thread(service.hours.zone, intent_title)

    async def listed(self, me: int, tab: Tab, search: str, limit: int) -> dict[str, Any]:
        now = self._database.clock.now()
        async with self._database.read() as session:
            found = await queue.page(session, tab, me, search=search, limit=limit)
            counts = await queue.counts(session, me, now)
            mine = await queue.conversations_of(session, me)
        return self._shared() | {
            "tab": tab,
            "tabs": TABS,
            "q": search,
            "limit": limit,
            "found": found,
            "counts": counts,
            "mine": mine,
            "preview": preview,
            "topic_of": self._topic,
            "is_open": self._service.hours.is_open(now),
            "schedule": self._service.hours.text(),
        }

    async def conversation(self, me: int, handoff_id: int) -> dict[str, Any]:
        stay = await self._stay(handoff_id)
        async with self._database.read() as session:
            thread = await self._thread.page(session, stay.conversation_id)
        return {
            **await self._head(me, stay),
            **await self._about(stay),
            "thread": thread,
            "key": new_key(),
        }

    async def older(self, handoff_id: int, before: int) -> dict[str, Any]:
        stay = await self._stay(handoff_id)
        async with self._database.read() as session:
            thread = await self._thread.page(session, stay.conversation_id, before=before)
        return {"stay": stay, "thread": thread}

    async def news(
        self, me: int, handoff_id: int, after: int, changed: list[int]
    ) -> dict[str, Any]:
        stay = await self._stay(handoff_id)
        async with self._database.read() as session:
            thread = await self._thread.news(
                session, stay.conversation_id, after=after, changed=changed
            )
        return {**await self._head(me, stay), "thread": thread}

    async def customer(self, handoff_id: int) -> dict[str, Any]:
        stay = await self._stay(handoff_id)
        return self._shared() | {"stay": stay} | await self._about(stay)

    async def _stay(self, handoff_id: int) -> Stay:
        async with self._database.read() as session:
            stay = await queue.read(session, handoff_id)
        if stay is None:
            raise HTTPException(404)
        return stay

    async def _head(self, me: int, stay: Stay) -> dict[str, Any]:
        async with self._database.read() as session:
            latest = await queue.latest_of(session, stay.conversation_id)
        if stay.state == HandoffState.TAKEN:
            standing = "mine" if stay.operator_id == me else "other"
        else:
            standing = "free" if stay.state == HandoffState.WAITING else "closed"
        return self._shared() | {
            "stay": stay,
            "standing": standing,
            "newer": latest if latest != stay.handoff_id else None,
        }

    async def _about(self, stay: Stay) -> dict[str, Any]:
        flow = str(stay.summary.get("flow") or "")
        return {
            "accounts": await self._accounts(stay.contact_id),
            "collected": labels.collected(stay.summary),
            "topic": self._topic(stay.summary),
            "flow": labels.FLOWS.get(flow, flow),
        }

    def _topic(self, summary: Mapping[str, Any]) -> str:
        """What it is about: the last article that was shown, else what was understood last."""
        topic, intent = str(summary.get("topic") or ""), str(summary.get("intent") or "")
        told = "" if intent in _NO_TOPIC else self._intent_title(intent)
        return self._intent_title(topic) or told

    def _shared(self) -> dict[str, Any]:
        now = self._database.clock.now()
        hours = self._service.hours
        return {
            "labels": labels,
            "now": now,
            "heat": lambda due: heat(due, now),
            "left": lambda due: left(due, now, hours.clock_time(due, now)),
            "by": lambda due: hours.clock_time(due, now),
        }
