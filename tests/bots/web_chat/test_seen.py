"""The page tells what the customer has before his eyes; the operators' page shows it."""

from sqlalchemy import select

from conversations.models import Delivery
from storage.database import Database
from tests.bots.web_chat.conftest import Answer, Customer, Deliver


async def test_what_was_seen(
    database: Database, customer: Customer, stranger: Customer, answer: Answer, deliver: Deliver
) -> None:
    await customer.say("где счёт")
    first, second = await answer("раз"), await answer("два")

    async def seen() -> set[int | None]:
        async with database.read() as session:
            rows = await session.execute(
                select(Delivery.message_id).where(Delivery.seen_at.is_not(None))
            )
            return set(rows.scalars())

    async def saw(message: object, who: Customer = customer) -> int:
        return (await who.http.post("/chat/seen", json={"message": message})).status_code

    assert await saw(second) == 204
    assert await seen() == set(), "not sent yet"
    await deliver()
    position = (await customer.history())["position"]
    assert await saw(first) == 204
    assert await seen() == {first}
    for nothing in (0, -1, "1", None, 2**70):
        assert await saw(nothing) == 422
    assert await saw(second, stranger) == 401
    await stranger.begin()
    assert await saw(second, stranger) == 204
    assert await seen() == {first}
    assert await saw(second) == 204
    assert await seen() == {first, second}
    assert (await customer.history())["position"] > position
