"""The table of the company's facts with their history."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from knowledge_base.models import AUTOINCREMENT
from staff.models import Person
from storage.base import Base


class CompanyValue(Base):
    """What a reference table said once, and from which day. Only ``withdrawn_at`` changes later.

    In force on a day is, of the rows that are not withdrawn and have begun, the one that began
    last, then the one with the greatest ``number``. ``author_id`` is NULL when it came from the
    profile's file.
    """

    __tablename__ = "company_value"
    __table_args__ = (UniqueConstraint("key", "number"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    number: Mapped[int]
    rows: Mapped[list[Any]]
    effective_from: Mapped[date] = mapped_column(Date)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
