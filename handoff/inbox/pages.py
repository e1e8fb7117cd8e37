"""The operators' inbox: ``/inbox``, its pieces, and what is pressed there.

The page is whole at every address; what changes is fetched in pieces through the same
permission check (``/inbox/list``, ``/inbox/{id}/news``…) when a live event says so.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from billing.customers.claiming import Claims
from handoff.abuse import standing
from handoff.breaks import breaks
from handoff.customer import proving
from handoff.customer.accounts import Accounts
from handoff.customer.claims import claim_actions
from handoff.customer.pages import customer_pages
from handoff.customer.panel import customer
from handoff.inbox import labels, mentions, queue, tags
from handoff.inbox.actions import actions
from handoff.inbox.articles import Articles, offered
from handoff.inbox.keys import new_key
from handoff.inbox.lines import preview
from handoff.inbox.many import many
from handoff.inbox.presence import Presence
from handoff.inbox.queue import PAGE, Stay, Tab
from handoff.inbox.thread import MOST_CHANGED, Thread, last_question
from handoff.inbox.tools import CompanyFacts, Inserts, canned_pages, tools
from handoff.inbox.typing import Typing
from handoff.inbox.uploads import Uploads
from handoff.later import Promise
from handoff.models import HandoffState
from handoff.service import HandoffService
from handoff.working_time.clock import heat, left
from staff import audit
from staff.groups import all_groups, groups_of
from staff.models import Role
from staff.presence import at_work, is_on_break
from staff.sessions import SignedIn
from storage.base import LARGEST_ID
from storage.signals import Signals
from web.guard import Me, require
from web.respond import page
from web.row_id import RowId

ROLES = (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)

MessageId = Annotated[int, Query(ge=0, le=LARGEST_ID)]
TabName = Annotated[Tab, Query()]

# Somebody who looks at the same customer again within this time looks still.
ONE_LOOK = timedelta(minutes=10)
# What says how the customer came here, not about what.
_NO_TOPIC = {"operator", "danger", "help"}

TABS = {
    Tab.WAITING: "Ждут",
    Tab.MINE: "Мои",
    Tab.SNOOZED: "Отложены",
    Tab.ALL: "Все",
    Tab.CLOSED: "Закрытые",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the list the page's address asks for; ``after``: ``QueuePage.next``."""

    tab: TabName = Tab.WAITING
    q: Annotated[str, Query(max_length=100)] = ""
    limit: Annotated[int, Query(ge=1, le=queue.LONGEST_LIST)] = PAGE
    after: Annotated[str, Query(max_length=80)] = ""


def router(
    service: HandoffService,
    *,
    accounts: Accounts,
    refresh: Callable[[str], Awaitable[None]] | None = None,
    claims: Claims,
    articles: Articles,
    facts: CompanyFacts,
    intent_title: Callable[[str], str],
    signals: Signals,
    uploads: Uploads,
) -> APIRouter:
    """``accounts``: a contact's confirmed accounts (``handoff.customer.accounts.from_billing``).
    ``refresh``: brings one up to date by its number where they come from the company's system.
    ``claims``: organisations that wait for confirmation. ``articles``: the knowledge base.
    ``intent_title``: the Russian name of an intent or topic, "" for one without. ``signals``:
    how the pages of several processes learn who is where. ``uploads``: files of answers."""
    inserts = Inserts(service.database, articles, accounts, facts)
    presence = Presence(service.database.clock, signals)
    typing = Typing(service.database, signals)
    inbox = _Inbox(service, accounts, claims, articles, facts, intent_title, presence)
    routes = APIRouter(prefix="/inbox", dependencies=[Depends(require(*ROLES))])
    # Before «/{handoff_id}»: its address is none of a conversation.
    routes.include_router(canned_pages(service.database))
    routes.include_router(many(service))
    routes.include_router(breaks(service.database))

    @routes.get("")
    async def whole(
        request: Request,
        me: Me,
        asked: Annotated[Asked, Depends()],
    ) -> Response:
        listed = await inbox.whole(me, asked)
        return page(request, "handoff/inbox.html", listed | {"stay": None, "open_id": None})

    @routes.get("/list")
    async def pieces_of_list(
        request: Request,
        me: Me,
        asked: Annotated[Asked, Depends()],
        open: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        listed = await inbox.listed(me, asked)
        return page(request, "handoff/list.html", listed | {"open_id": open})

    @routes.get("/{handoff_id}")
    async def opened(
        request: Request,
        me: Me,
        handoff_id: RowId,
        asked: Annotated[Asked, Depends()],
    ) -> Response:
        listed = await inbox.whole(me, asked)
        conversation = await inbox.conversation(me, handoff_id)
        return page(request, "handoff/inbox.html", listed | conversation | {"open_id": handoff_id})

    @routes.get("/{handoff_id}/pane")
    async def pane(
        request: Request, me: Me, handoff_id: RowId, tab: TabName = Tab.WAITING
    ) -> Response:
        conversation = await inbox.conversation(me, handoff_id)
        return page(request, "handoff/pane.html", conversation | {"tab": tab})

    @routes.get("/{handoff_id}/older")
    async def older(request: Request, me: Me, handoff_id: RowId, before: MessageId) -> Response:
        return page(request, "handoff/lines.html", await inbox.older(me, handoff_id, before))

    @routes.get("/{handoff_id}/news")
    async def news(
        request: Request,
        me: Me,
        handoff_id: RowId,
        after: MessageId = 0,
        changed: Annotated[str, Query(max_length=20 * MOST_CHANGED)] = "",
        tab: TabName = Tab.WAITING,
    ) -> Response:
        ids = [int(one) for one in changed.split(",") if one.isdecimal() and len(one) < 19]
        found = await inbox.news(me, handoff_id, after, ids[:MOST_CHANGED])
        return page(request, "handoff/news.html", found | {"tab": tab})

    @routes.get("/{handoff_id}/customer")
    async def customer(request: Request, me: Me, handoff_id: RowId) -> Response:
        return page(request, "handoff/customer.html", await inbox.customer(me, handoff_id))

    routes.include_router(actions(service, uploads))
    routes.include_router(claim_actions(claims, inbox.stay))
    routes.include_router(customer_pages(service, inbox.stay, refresh, intent_title))
    routes.include_router(tools(service.database, inserts, presence, typing, inbox.stay))
    return routes


class _Inbox:
    """What the templates show."""

    def __init__(
        self,
        service: HandoffService,
        accounts: Accounts,
        claims: Claims,
        articles: Articles,
        facts: CompanyFacts,
        intent_title: Callable[[str], str],
        presence: Presence,
    ) -> None:
        self._service = service
        self._presence = presence
        self._articles = articles
        self._facts = facts
        self._database = service.database
        self._accounts = accounts
        self._claims = claims
        self._intent_title = intent_title
        self._thread = Thread(service.hours.zone, intent_title)

    async def whole(self, me: SignedIn, asked: Asked) -> dict[str, Any]:
        """The list with what stands around it."""
        async with self._database.read() as session:
            people = await at_work(session, self._database.clock.now())
            groups = await all_groups(session)
            known = await tags.known(session)
        supervises = me.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)
        return await self.listed(me, asked) | {
            "assignees": people if supervises else [],
            "assign_to_groups": groups if supervises else [],
            "known_labels": known,
        }

    async def listed(self, me: SignedIn, asked: Asked) -> dict[str, Any]:
        now = self._database.clock.now()
        async with self._database.read() as session:
            # Who answers for the whole shift sees all groups.
            whole = me.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)
            groups = () if whole else await groups_of(session, me.person_id)
            found = await queue.page(
                session, asked.tab, me.person_id,
                search=asked.q, limit=asked.limit, after=asked.after, groups=groups,
            )  # fmt: skip
            counts = await queue.counts(session, me.person_id, now, groups)
            mine = await queue.conversations_of(session, me.person_id)
            called = await mentions.unseen(session, me.person_id)
            on_break = await is_on_break(session, me.person_id)
        return self._shared() | {
            "on_break": on_break,
            "own_groups": groups,
            "whole": whole,
            "tab": asked.tab,
            "tabs": TABS,
            "q": asked.q,
            "found": found,
            "counts": counts,
            "mine": mine,
            "called": called,
            "others": self._others(me, [item.handoff_id for item in found.items]),
            "preview": preview,
            "topic_of": self._topic,
            "is_open": self._service.hours.is_open(now),
            "schedule": self._service.hours.text(),
        }

    async def conversation(self, me: SignedIn, handoff_id: int) -> dict[str, Any]:
        stay = await self.stay(handoff_id)
        async with self._database.read() as session:
            thread = await self._thread.page(session, stay.conversation_id)
            called = await mentions.unseen(session, me.person_id)
        await self._seen(me, "conversation.viewed", "conversation", stay.conversation_id)
        about = await self._about(me, stay)
        if any(one.handoff_id == handoff_id for one in called):
            async with self._database.write() as tx:
                await mentions.see(tx, me.person_id, handoff_id)
        return {
            **await self._head(me, stay),
            **about,
            **await self._choices(me, stay),
            "thread": thread,
            "key": new_key(),
        }

    def _others(self, me: SignedIn, listed: list[int]) -> dict[int, list[tuple[int, str, bool]]]:
        """Who else has these open: for each the person's id and name, and whether he types."""
        return {
            handoff_id: [(one.person_id, one.name, one.typing) for one in people]
            for handoff_id, people in self._presence.of(listed, me.person_id).items()
        }

    async def older(self, me: SignedIn, handoff_id: int, before: int) -> dict[str, Any]:
        stay = await self.stay(handoff_id)
        await self._seen(me, "conversation.viewed", "conversation", stay.conversation_id)
        async with self._database.read() as session:
            thread = await self._thread.page(session, stay.conversation_id, before=before)
        return {"stay": stay, "thread": thread}

    async def news(
        self, me: SignedIn, handoff_id: int, after: int, changed: list[int]
    ) -> dict[str, Any]:
        stay = await self.stay(handoff_id)
        await self._seen(me, "conversation.viewed", "conversation", stay.conversation_id)
        async with self._database.read() as session:
            thread = await self._thread.news(
                session, stay.conversation_id, after=after, changed=changed
            )
        return {**await self._head(me, stay), "thread": thread}

    async def customer(self, me: SignedIn, handoff_id: int) -> dict[str, Any]:
        stay = await self.stay(handoff_id)
        return self._shared() | {"stay": stay} | await self._about(me, stay)

    async def stay(self, handoff_id: int) -> Stay:
        async with self._database.read() as session:
            stay = await queue.read(session, handoff_id)
        if stay is None:
            raise HTTPException(404)
        return stay

    async def _choices(self, me: SignedIn, stay: Stay) -> dict[str, Any]:
        """What the dialogs of the page offer: to whom, on what terms, about what."""
        now = self._database.clock.now()
        async with self._database.read() as session:
            groups = await all_groups(session)
            people = await at_work(session, now)
        later, hours = self._service.later, self._service.hours
        return {
            "groups": groups,
            "people": [person for person in people if person.id != me.person_id],
            "promises": {
                promise.value: hours.clock_time(later.promised_by(promise, now), now)
                for promise in Promise
            },
            "subjects": self._facts.subjects,
            "suggested": str(stay.summary.get("topic") or stay.summary.get("intent") or ""),
        }

    async def _head(self, me: SignedIn, stay: Stay) -> dict[str, Any]:
        async with self._database.read() as session:
            latest = await queue.latest_of(session, stay.conversation_id)
            read = await last_question(session, stay.conversation_id)
        if stay.state == HandoffState.TAKEN:
            standing = "mine" if stay.operator_id == me.person_id else "other"
        else:
            standing = "free" if stay.state == HandoffState.WAITING else "closed"
        return self._shared() | {
            "stay": stay,
            "standing": standing,
            "newer": latest if latest != stay.handoff_id else None,
            "offers": offered(self._articles, read),
        }

    async def _about(self, me: SignedIn, stay: Stay) -> dict[str, Any]:
        """Of accounts nothing is told before the customer's identity is confirmed; who looks at
        them is recorded."""
        accounts = await self._accounts(stay.contact_id)
        claims = await self._claims.waiting(stay.contact_id)
        async with self._database.read() as session:
            stands = await standing(session, stay.contact_id, self._database.clock.now())
            who = await customer(session, stay)
        if accounts or claims:
            await self._seen(me, "account.viewed", "contact", stay.contact_id)
        flow = str(stay.summary.get("flow") or "")
        return {
            "stands": stands,
            "accounts": accounts,
            "claims": claims,
            "who": who,
            "may_act": stay.operator_id == me.person_id and stay.state == HandoffState.TAKEN,
            "proofs": proving.NAMES,
            "first_key": new_key(),
            "may_begin": stay.state == HandoffState.CLOSED
            and not any(
                one.is_open and one.conversation_id == stay.conversation_id for one in who.earlier
            ),
            "topic_of": self._topic,
            "title_of": self._intent_title,
            "collected": labels.collected(stay.summary),
            "topic": self._topic(stay.summary),
            "flow": labels.FLOWS.get(flow, flow),
        }

    async def _seen(self, me: SignedIn, action: str, kind: str, number: int) -> None:
        """Record that somebody looks; the piece is fetched anew with every change, and that is
        still the same look."""
        since = self._database.clock.now() - ONE_LOOK
        async with self._database.read() as session:
            recorded = await audit.is_recorded(
                session, me.person_id, action, object_kind=kind, object_id=number, since=since
            )
        if not recorded:
            async with self._database.write() as tx:
                audit.record(tx, me.person_id, action, object_kind=kind, object_id=number)

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
