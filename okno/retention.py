"""How long what is kept: forgotten every night, a little at a time.

Terms stand in the profile (`Retention`). The words of old conversations are blanked, their rows
stay: statistics and the numbers of readings go on pointing at them. Readings, charges and payments
have terms of their own in the billing system and are not touched here.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Self, cast
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter
from sqlalchemy import (
    ColumnElement,
    CursorResult,
    ScalarSelect,
    Select,
    Table,
    Text,
    and_,
    delete,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy import cast as sql_cast

from billing.models import LinkAttempt
from bots.web_chat.models import Visitor
from bots.web_chat.visitors import LIFETIME
from conversations.models import Contact, Conversation, Delivery, Event, Message, Quarantine
from handoff.customer.join_models import JoinCode, JoinTry, ProvenPhone
from handoff.models import Handoff, Label, Rating
from media.models import Attachment
from okno.profile import Retention
from staff.models import AuditEntry, LoginThrottle, StaffSession
from storage.base import Base
from storage.database import Database, Transaction
from storage.jobs import Handler, Job, TwoSteps, schedule

log = structlog.get_logger(__name__)

JOB = "okno.retention"
HOUR = time(3, 30)
# Rows of one table in one transaction: others need not wait for long.
AT_ONCE = 1000
PAUSE = timedelta(seconds=10)

FORGOTTEN = Counter("okno_forgotten_rows", "Rows deleted or blanked by retention", ["table"])


@dataclass(frozen=True, slots=True)
class _Rule:
    """Rows of ``table`` whose ``since`` is older than ``term`` are blanked or, without
    ``blanks``, deleted. ``mark`` tells rules of one table apart."""

    table: Table
    since: ColumnElement[Any]
    term: timedelta
    only: tuple[ColumnElement[bool], ...] = ()
    blanks: Mapping[str, Any] | None = None
    mark: str = ""

    @property
    def name(self) -> str:
        return self.table.name + self.mark

    def concerns(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        """What is true of a row to be forgotten."""
        return (self.since < now - self.term, *self.only)


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


def rules(terms: Retention) -> tuple[_Rule, ...]:
    """What is forgotten when, shortest first."""
    events, technical = timedelta(days=terms.events_days), timedelta(days=terms.technical_days)
    # A month is counted long: never forgotten before its time.
    spoken = timedelta(days=31 * terms.conversations_months)
    event, job, message = _table(Event), _table(Job), _table(Message)
    delivery, audit = _table(Delivery), _table(AuditEntry)
    stay, rating, chat = _table(Handoff), _table(Rating), _table(Conversation)
    contact, visitor = _table(Contact), _table(Visitor)
    return (
        _Rule(event, event.c.created_at, events),
        _Rule(job, job.c.done_at, technical),
        _Rule(_table(StaffSession), _table(StaffSession).c.expires_at, technical),
        _Rule(_table(LoginThrottle), _table(LoginThrottle).c.last_attempt_at, technical),
        _Rule(_table(LinkAttempt), _table(LinkAttempt).c.at, technical),
        _Rule(_table(JoinCode), _table(JoinCode).c.expires_at, technical),
        _Rule(_table(JoinTry), _table(JoinTry).c.at, technical),
        _Rule(_table(Quarantine), _table(Quarantine).c.created_at, technical),
        _Rule(visitor, visitor.c.revoked_at, technical),
        # Its token is worth nothing any more.
        _Rule(visitor, visitor.c.last_seen_at, LIFETIME + technical, mark=":silent"),
        _Rule(delivery, delivery.c.finished_at, spoken),
        _Rule(_table(ProvenPhone), _table(ProvenPhone).c.at, spoken),
        _Rule(_table(Label), _table(Label).c.created_at, spoken),
        _Rule(
            contact,
            func.coalesce(_last_word(contact), contact.c.created_at),
            spoken,
            (or_(contact.c.phone.is_not(None), contact.c.given_name.is_not(None)),),
            {"phone": None, "given_name": None},
        ),
        _Rule(_table(Attachment), _table(Attachment).c.created_at, spoken),
        _Rule(
            message,
            message.c.created_at,
            spoken,
            # A phone shared by a button and a place on the map have no words.
            (
                or_(
                    message.c.text != "",
                    sql_cast(message.c.data, Text) != "{}",
                    message.c.understanding.is_not(null()),
                ),
            ),
            {"text": "", "text_folded": "", "data": {}, "understanding": null()},
        ),
        _Rule(
            stay,
            stay.c.closed_at,
            spoken,
            (or_(stay.c.name_folded != "", sql_cast(stay.c.summary, Text) != "{}"),),
            {"name_folded": "", "summary": {}},
        ),
        _Rule(rating, rating.c.rated_at, spoken, (rating.c.comment != "",), {"comment": ""}),
        _Rule(
            chat,
            chat.c.last_message_at,
            spoken,
            (or_(chat.c.display_name.is_not(None), sql_cast(chat.c.state, Text) != "{}"),),
            {"display_name": None, "state": {}},
        ),
        _Rule(audit, audit.c.at, spoken),
    )


def _last_word(contact: Table) -> ScalarSelect[Any]:
    """When the customer was last heard, in whichever messenger."""
    chat = _table(Conversation)
    heard = select(func.max(chat.c.last_message_at)).where(chat.c.contact_id == contact.c.id)
    return heard.correlate(contact).scalar_subquery()


class Forgetting:
    """The nightly work; a run handles ``AT_ONCE`` rows of a rule and asks for the next."""

    def __init__(self, database: Database, terms: Retention, zone: ZoneInfo) -> None:
        self._database = database
        self._rules = rules(terms)
        self._zone = zone

    def jobs(self) -> Mapping[str, Handler]:
        return {JOB: TwoSteps(self.look, self.act)}

    async def begin(self) -> None:
        """At the start of a process: the next night's run stands in the table of jobs."""
        async with self._database.write() as tx:
            await schedule(tx, JOB, "nightly", self._next_night(tx.now))

    def _next_night(self, now: datetime) -> datetime:
        local = now.astimezone(self._zone)
        tonight = datetime.combine(local.date(), HOUR, self._zone)
        if tonight <= local:
            tonight = datetime.combine(local.date() + timedelta(days=1), HOUR, self._zone)
        return tonight

    async def look(self, payload: dict[str, Any]) -> dict[str, list[Any]]:
        """By rule, keys of what is old. ``payload``: how far this night has come (`_Night`).

        With millions of rows this takes seconds, and on SQLite writers would wait for them.
        """
        night = _Night.of(payload)
        async with self._database.read() as session:
            return {
                rule.name: list((await session.scalars(self._old(rule, night))).all())
                for rule in self._rules
                if rule.name not in night.done
            }

    async def act(
        self, tx: Transaction, payload: dict[str, Any], found: dict[str, list[Any]]
    ) -> None:
        """Forget what was found and is still old."""
        night = _Night.of(payload)
        for rule in self._rules:
            keys = found.get(rule.name, [])
            if keys:
                night.reached[rule.name] = keys[-1]
                await self._forget(tx, rule, keys)
            if len(keys) < AT_ONCE and rule.name not in night.done:
                night.done.append(rule.name)
        if len(night.done) < len(self._rules):
            await schedule(tx, JOB, "nightly", tx.now + PAUSE, asdict(night))
        else:
            await schedule(tx, JOB, "nightly", self._next_night(tx.now))

    def _old(self, rule: _Rule, night: "_Night") -> Select[Any]:
        key, *_ = rule.table.primary_key.columns
        old = select(key).where(*rule.concerns(self._database.clock.now()))
        if (after := night.reached.get(rule.name)) is not None:
            old = old.where(key > after)
        return old.order_by(key).limit(AT_ONCE)

    async def _forget(self, tx: Transaction, rule: _Rule, keys: list[Any]) -> None:
        # Of labels the first column names the stay: all its old ones go at once.
        key, *_ = rule.table.primary_key.columns
        concerned = and_(key.in_(keys), *rule.concerns(tx.now))
        statement = (
            delete(rule.table).where(concerned)
            if rule.blanks is None
            else update(rule.table).where(concerned).values(rule.blanks)
        )
        rows = cast(CursorResult[Any], await tx.session.execute(statement)).rowcount
        if rows:
            tx.after_commit((JOB, rule.name), _counted(rule.table.name, rows))


@dataclass(slots=True)
class _Night:
    """How far a night has come: by rule the last key that was dealt with, and the rules that found
    nothing more."""

    reached: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        return cls(dict(payload.get("reached", {})), list(payload.get("done", [])))


def _counted(table: str, rows: int) -> Callable[[], None]:
    def count() -> None:
        FORGOTTEN.labels(table).inc(rows)
        log.info("okno.forgotten", table=table, rows=rows)

    return count
