"""Who looked at whose words, accounts, files: in the log, and before an administrator's eyes."""

from collections import Counter

from sqlalchemy import select

from staff.models import AuditEntry, Role
from tests.security import walking
from tests.security.conftest import House


async def test_whoever_opens_a_conversation_or_takes_an_export_stands_in_the_log(
    house: House,
) -> None:
    stay = await walking.customer_waits(house.services)
    olga, anna = house.clients[Role.OPERATOR], house.clients[Role.ADMINISTRATOR]
    for path in (f"/inbox/{stay}", f"/inbox/{stay}/news?after=0", f"/inbox/{stay}/older?before=9"):
        assert (await olga.get(path)).status_code == 200
    assert await _seen(house) == {"conversation.viewed": 1}
    house.clock.advance(minutes=11)  # another look
    assert (await olga.get(f"/inbox/{stay}/older?before=9")).status_code == 200
    assert (await anna.get("/board/export.xlsx")).status_code == 200
    assert (await anna.get("/kb/gaps/export.csv")).status_code == 200
    assert await _seen(house) == {
        "conversation.viewed": 2, "board.exported": 1, "gap.exported": 1,
    }  # fmt: skip
    log = (await anna.get("/audit?kind=conversation.")).text
    assert log.count("переписка: просмотр") == 2
    assert "разговор 1" in log
    one = (await anna.get("/audit?what=conversation&number=1")).text
    assert one.count("переписка: просмотр") == 2
    assert "показатели: выгрузка" not in one
    assert "переписка: просмотр" not in (await anna.get("/audit?what=contact&number=1")).text


async def _seen(house: House) -> dict[str, int]:
    async with house.services.database.read() as session:
        actions = (await session.scalars(select(AuditEntry.action))).all()
    return {
        action: count
        for action, count in Counter(actions).items()
        if action.endswith((".viewed", ".exported"))
    }
