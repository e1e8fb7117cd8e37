"""Who writes in the site chat: a browser known by a secret token, and nothing else about it."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bots.web_chat.models import Visitor
from storage.database import Database

TOKEN_BYTES = 32
# Longest silence after which a browser is still known; also the cookie's age.
LIFETIME = timedelta(days=180)
# «Last seen» is for the lifetime only: a write per message would cost more than it tells.
SEEN_EVERY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Known:
    """A visitor whose token is good. ``chat_id`` names the conversation."""

    id: int
    chat_id: str
    last_seen_at: datetime


class Visitors:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self) -> str:
        """Make a visitor; the token, which is known to nobody afterwards but the browser."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        async with self._database.write() as tx:
            tx.session.add(
                Visitor(
                    token_hash=_hash(token),
                    chat_id=secrets.token_hex(8),
                    created_at=tx.now,
                    last_seen_at=tx.now,
                )
            )
        return token

    async def find(self, token: str) -> Known | None:
        """None for a token that is unknown, revoked or not used for too long."""
        statement = select(Visitor.id, Visitor.chat_id, Visitor.last_seen_at).where(
            Visitor.token_hash == _hash(token),
            Visitor.revoked_at.is_(None),
            Visitor.last_seen_at > self._database.clock.now() - LIFETIME,
        )
        async with self._database.read() as session:
            row = (await session.execute(statement)).one_or_none()
        return Known(*row) if row is not None else None

    async def seen(self, visitor: Known) -> None:
        if self._database.clock.now() - visitor.last_seen_at < SEEN_EVERY:
            return
        async with self._database.write() as tx:
            await tx.session.execute(
                update(Visitor).where(Visitor.id == visitor.id).values(last_seen_at=tx.now)
            )

    async def revoke(self, visitor: Known) -> None:
        """The token is worth nothing from now on; the conversation stays with the company."""
        async with self._database.write() as tx:
            await tx.session.execute(
                update(Visitor)
                .where(Visitor.id == visitor.id, Visitor.revoked_at.is_(None))
                .values(revoked_at=tx.now)
            )


def _hash(token: str) -> str:
    """256 random bits need neither salt nor a slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
