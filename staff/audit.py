"""The audit log: who did what to which object."""

from typing import Any

from staff.models import AuditEntry
from storage.database import Transaction


def record(
    tx: Transaction,
    person_id: int | None,
    action: str,
    *,
    object_kind: str | None = None,
    object_id: int | str | None = None,
    **data: Any,
) -> None:
    """Write the entry with ``tx``. ``action`` is dotted: «staff.logged_in», «account.viewed».

    ``data`` takes ids and codes only: no names, phones, texts.
    """
    tx.session.add(
        AuditEntry(
            at=tx.now,
            person_id=person_id,
            action=action,
            object_kind=object_kind,
            object_id=None if object_id is None else str(object_id),
            data=data,
        )
    )
