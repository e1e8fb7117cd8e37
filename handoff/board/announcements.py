"""«Объявление»: what everybody asks about during a mass incident, told before they ask.

Shown once in a conversation, before answers about its topics and before an operator is called.
Where it names districts, a customer with accounts elsewhere does not hear of it.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from billing.models import Account, AccountLink
from conversations.folding import fold
from handoff.models import Announcement
from replies import escape
from staff import audit
from storage.database import Database, Transaction

# How soon a new one is told everywhere.
FRESH = timedelta(seconds=5)
LONGEST = 1_000
MOST_DISTRICTS = 100

_WORD = re.compile(r"[а-яa-z0-9]+(?:-[а-яa-z0-9]+)*")
_KINDS_TOLD = (
    "г город пос поселок п с село д дер деревня дом мкр микрорайон р-н район ул улица пр-т пр "
    "проспект пер переулок ш шоссе пл площадь б-р бульвар наб набережная проезд тер снт кв"
)
_KINDS = frozenset(_KINDS_TOLD.split())


@dataclass(frozen=True, slots=True)
class Told:
    """``topics``, ``channels`` and ``districts`` are empty for all of them; a trailing «*» in a
    topic stands for the rest of its name."""

    id: int
    text: str
    topics: tuple[str, ...]
    channels: tuple[str, ...]
    districts: tuple[str, ...] = ()

    def to(self, addresses: Sequence[str]) -> str | None:
        """What a customer with accounts at these addresses is told; None: it is not about him.

        Who has shown no account may live there all the same: he is told for whom it is.
        """
        if not self.districts:
            return self.text
        if not addresses:
            return f"{self.text}\n\nКасается адресов: {escape(', '.join(self.districts))}."
        wanted = [_words(district) for district in self.districts]
        here = [_words(address) for address in addresses]
        return self.text if any(one <= words for one in wanted for words in here) else None

    def fits(self, asked: Collection[str], channel: str) -> bool:
        """``asked``: the intents of a message; «operator» concerns every announcement."""
        if self.channels and channel not in self.channels:
            return False
        if "operator" in asked:
            return True
        return any(not self.topics or _is_one_of(intent, self.topics) for intent in asked)


class Announcements:
    """Those in force, read anew from the database every few seconds at most."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read_at: datetime | None = None
        self._current: Sequence[Told] = ()

    async def current(self, now: datetime) -> Sequence[Told]:
        if self._read_at is None or not self._read_at <= now < self._read_at + FRESH:
            async with self._database.read() as session:
                rows = await in_force(session, now)
            self._current = [
                Told(row.id, row.text, tuple(row.topics), tuple(row.channels), tuple(row.districts))
                for row in rows
            ]
            self._read_at = now
        return self._current

    async def addresses(self, contact_id: int) -> list[str]:
        """Where the accounts of this customer are, those that he has shown to be his."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(Account.locality, Account.street, Account.house)
                .join(AccountLink, AccountLink.account_id == Account.id)
                .where(AccountLink.contact_id == contact_id, AccountLink.unlinked_at.is_(None))
            )
            return [", ".join(row) for row in rows]


async def in_force(session: AsyncSession, now: datetime) -> list[Announcement]:
    rows = await session.execute(
        select(Announcement)
        .where(
            Announcement.starts_at <= now,
            Announcement.ended_at.is_(None),
            or_(Announcement.ends_at.is_(None), Announcement.ends_at > now),
        )
        .order_by(Announcement.id)
    )
    return list(rows.scalars())


async def not_over(session: AsyncSession, now: datetime) -> list[Announcement]:
    """In force or still to come."""
    rows = await session.execute(
        select(Announcement)
        .where(
            Announcement.ended_at.is_(None),
            or_(Announcement.ends_at.is_(None), Announcement.ends_at > now),
        )
        .order_by(Announcement.starts_at)
    )
    return list(rows.scalars())


async def announce(
    tx: Transaction,
    *,
    text: str,
    topics: Sequence[str],
    channels: Sequence[str],
    districts: Sequence[str] = (),
    starts_at: datetime,
    ends_at: datetime | None,
    by: int,
) -> None:
    row = Announcement(
        text=text, topics=list(topics), channels=list(channels), districts=list(districts),
        starts_at=starts_at, ends_at=ends_at, created_by=by, created_at=tx.now,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    audit.record(tx, by, "announcement.made", object_kind="announcement", object_id=row.id)


async def end(tx: Transaction, announcement_id: int, *, by: int) -> None:
    await tx.session.execute(
        update(Announcement)
        .where(Announcement.id == announcement_id, Announcement.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    audit.record(
        tx, by, "announcement.ended", object_kind="announcement", object_id=announcement_id
    )


def districts_of(text: str) -> list[str]:
    """What was typed into the form: streets and places, by commas or lines."""
    parts = (" ".join(part.split()) for part in re.split(r"[,;\n]", text))
    return list(dict.fromkeys(part for part in parts if _words(part)))[:MOST_DISTRICTS]


def _words(address: str) -> frozenset[str]:
    """«ул. Светлая, д. 12» is «светлая 12»: kinds of streets and places tell nothing."""
    return frozenset(_WORD.findall(fold(address))) - _KINDS


def _is_one_of(intent: str, topics: Sequence[str]) -> bool:
    return any(
        intent.startswith(topic[:-1]) if topic.endswith("*") else intent == topic
        for topic in topics
    )
