"""Whose business an article is, also when the person it was entrusted to has left."""

from sqlalchemy import exists
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from staff.models import Person, Role

Who = InstrumentedAttribute[int | None]


def left(person_id: Who) -> ColumnElement[bool]:
    """Somebody is named who works no more, or not with articles."""
    there = exists().where(
        Person.id == person_id,
        Person.active.is_(True),
        Person.role.in_((Role.EDITOR, Role.ADMINISTRATOR)),
    )
    return person_id.is_not(None) & ~there


def concerns(responsible_id: Who, person_id: int) -> ColumnElement[bool]:
    """It is this person's, or nobody's: then everybody's."""
    return responsible_id.is_(None) | (responsible_id == person_id) | left(responsible_id)
