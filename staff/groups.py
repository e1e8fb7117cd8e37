"""Groups: who serves which topics."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from staff import audit
from staff.models import GroupMember, StaffGroup
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Group:
    """``topics`` as on ``StaffGroup``; ``members``: ids of people."""

    id: int
    name: str
    topics: tuple[str, ...]
    is_default: bool
    members: frozenset[int]
    distribute: bool = False


async def all_groups(session: AsyncSession) -> list[Group]:
    """By name."""
    members: dict[int, set[int]] = {}
    for group_id, person_id in await session.execute(
        select(GroupMember.group_id, GroupMember.person_id)
    ):
        members.setdefault(group_id, set()).add(person_id)
    rows = await session.execute(select(StaffGroup).order_by(StaffGroup.name))
    return [
        Group(
            row.id, row.name, tuple(row.topics), row.is_default,
            frozenset(members.get(row.id, ())), row.distribute,
        )
        for row in rows.scalars()
    ]  # fmt: skip


async def groups_of(session: AsyncSession, person_id: int) -> list[int]:
    rows = await session.execute(
        select(GroupMember.group_id).where(GroupMember.person_id == person_id)
    )
    return list(rows.scalars())


def fitting(groups: Sequence[Group], names: Iterable[str]) -> int | None:
    """The group of the first of ``names`` that somebody serves, else the default one."""
    for name in names:
        for group in groups:
            if name and any(_fits(topic, name) for topic in group.topics):
                return group.id
    return next((group.id for group in groups if group.is_default), None)


async def save(
    tx: Transaction,
    group_id: int | None,
    *,
    name: str,
    topics: Sequence[str],
    members: Collection[int],
    is_default: bool,
    distribute: bool = False,
    by: int,
) -> int:
    """Make or change a group; its id. Of several default groups the last one stays."""
    if is_default:
        await tx.session.execute(update(StaffGroup).values(is_default=False))
    values = {
        "name": name.strip(),
        "topics": list(topics),
        "is_default": is_default,
        "distribute": distribute,
    }
    if group_id is None:
        made = await tx.session.execute(
            insert(StaffGroup).values(**values).returning(StaffGroup.id)
        )
        group_id = made.scalar_one()
    else:
        await tx.session.execute(
            update(StaffGroup).where(StaffGroup.id == group_id).values(**values)
        )
        await tx.session.execute(delete(GroupMember).where(GroupMember.group_id == group_id))
    if members:
        await tx.session.execute(
            insert(GroupMember),
            [{"group_id": group_id, "person_id": person} for person in sorted(set(members))],
        )
    audit.record(tx, by, "staff.group_saved", object_kind="group", object_id=group_id)
    return group_id


def _fits(topic: str, name: str) -> bool:
    return name.startswith(topic[:-1]) if topic.endswith("*") else name == topic
