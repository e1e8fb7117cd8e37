"""The base of every table: named constraints, our column types."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite gives rowid semantics only to INTEGER keys.
BigId = BigInteger().with_variant(Integer(), "sqlite")
# Numbers above it name no row; past 63 bits the databases fail instead of finding none.
LARGEST_ID = 2**62


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC; a naive one is a programming error.

    SQLite has no zones: it stores the UTC wall time, which sorts as text.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    # Instead of the driver's own: a message stores a dozen moments and reads as many.
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        return _to_text if dialect.name == "sqlite" else _to_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _from_text if dialect.name == "sqlite" else _to_utc


def _to_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a naive datetime cannot be stored")
    return value.astimezone(UTC)


def _to_text(value: datetime | None) -> str | None:
    moment = _to_utc(value)
    return None if moment is None else moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """``sqlite_autoincrement``: keys serve as cursors, so a deleted one never comes again."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own class attribute)
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        int: BigId,
        str: Text(),
    }
    __table_args__: Any = {"sqlite_autoincrement": True}  # noqa: RUF012
