"""A batch of rows into the tables: what is there already is brought up to date, never doubled."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, select, text
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from billing.importing.kinds import ACCOUNTS, CHARGES, METERS, Kind, Values
from billing.models import Account, Charge, Meter, Payment, Reading, ReadingStatus
from storage.database import Transaction

Numbered = tuple[int, Values]  # the line in the file, and its values
Rejected = list[tuple[int, str]]
_NO_ACCOUNT = "нет такого лицевого счёта: сначала загрузите счета"


async def write(tx: Transaction, kind: Kind, batch: Sequence[Numbered]) -> Rejected:
    """Store the batch; lines that can't be stored, with the reason."""
    if kind is ACCOUNTS:
        await _upsert(tx, Account, [values for _, values in batch], ["number"])
        return []
    known, rejected = await _with_accounts(tx, batch)
    if kind is CHARGES:
        key = ["account_id", "month", "kind", "zone", "line"]
        await _upsert(tx, Charge, [values for _, values in known], key)
    elif kind is METERS:
        await _meters(tx, [values for _, values in known])
    else:
        rejected += await _payments(tx, known)
    return rejected


async def _with_accounts(
    tx: Transaction, batch: Sequence[Numbered]
) -> tuple[list[Numbered], Rejected]:
    """Account numbers replaced by ids."""
    numbers = {values["account"] for _, values in batch}
    rows = await tx.session.execute(
        select(Account.number, Account.id).where(Account.number.in_(sorted(numbers)))
    )
    ids = {row.number: row.id for row in rows}
    known: list[Numbered] = []
    rejected: Rejected = []
    for line, values in batch:
        account_id = ids.get(values.pop("account"))
        if account_id is None:
            rejected.append((line, _NO_ACCOUNT))
        else:
            known.append((line, {"account_id": account_id, **values}))
    return known, rejected


async def _meters(tx: Transaction, rows: Sequence[Values]) -> None:
    readings = [(values.pop("values"), values.pop("taken_on"), values) for values in rows]
    await _upsert(tx, Meter, rows, ["account_id", "number"])
    given = [(values, on, meter) for values, on, meter in readings if on is not None]
    if not given:
        return
    accounts = sorted({meter["account_id"] for _, _, meter in given})
    found = await tx.session.execute(
        select(Meter.account_id, Meter.number, Meter.id).where(Meter.account_id.in_(accounts))
    )
    ids = {(row.account_id, row.number): row.id for row in found}
    insert = sqlite_insert if tx.is_sqlite else postgres_insert
    statement = insert(Reading)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["meter_id", "period"],
        index_where=text("status = 'accepted'"),
        set_={"t1": new.t1, "t2": new.t2, "t3": new.t3, "taken_on": new.taken_on},
        # What a customer gave us stays in force until billing corrects it by name.
        where=Reading.source_message_id.is_(None),
    )
    await tx.connection.execute(
        statement,
        [
            {
                "meter_id": ids[meter["account_id"], meter["number"]],
                **dict(zip(("t1", "t2", "t3"), (*values, None, None), strict=False)),
                "taken_on": on,
                "period": on.replace(day=1),
                "received_at": tx.now,
                "channel": "billing",
                "status": ReadingStatus.ACCEPTED,
                "verified": True,
                "marks": [],
            }
            for values, on, meter in given
        ],
    )


async def _payments(tx: Transaction, rows: Sequence[Numbered]) -> Rejected:
    """The same payment again is no error; another under the same number is."""
    numbers = sorted({values["external_id"] for _, values in rows})
    found = await tx.session.execute(
        select(Payment.external_id, Payment.account_id, Payment.kopecks).where(
            Payment.external_id.in_(numbers)
        )
    )
    stored = {row.external_id: (row.account_id, row.kopecks) for row in found}
    fresh: list[Values] = []
    rejected: Rejected = []
    for line, values in rows:
        same = (values["account_id"], values["kopecks"])
        before = stored.setdefault(values["external_id"], same)
        if before != same:
            rejected.append((line, "платёж с этим номером уже есть, счёт или сумма другие"))
        else:
            fresh.append(values)
    insert = sqlite_insert if tx.is_sqlite else postgres_insert
    if fresh:
        statement = insert(Payment).on_conflict_do_nothing(index_elements=["external_id"])
        await tx.connection.execute(statement, fresh)
    return rejected


async def _upsert(tx: Transaction, model: Any, rows: Sequence[Values], key: Sequence[str]) -> None:
    """One statement for each row, sent together: a number twice in a batch is no trouble."""
    if not rows:
        return
    table: Table = model.__table__
    insert = sqlite_insert if tx.is_sqlite else postgres_insert
    statement = insert(table)
    changing = [name for name in rows[0] if name not in key]
    statement = statement.on_conflict_do_update(
        index_elements=list(key), set_={name: statement.excluded[name] for name in changing}
    )
    await tx.connection.execute(statement, list(rows))
