"""A photo or a file is answered by what the conversation is about."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from conversations.models import Conversation, MessageKind
from dialogs import phrases
from tests.conftest import FakeClock
from tests.dialogs.conftest import House

PHOTO = {"type": "photo"}
LARGE: dict[str, Any] = {
    "type": "document",
    "files": [{"type": "document", "size": 20 * 2**20 + 1}],
}


async def test_a_photo_of_a_meter_and_a_file_too_large(house: House) -> None:
    customer = house.customer()
    await customer.writes("передать показания, лицевой счёт 440012345678, Иванова")
    said = await customer.sends(MessageKind.ATTACHMENT, **PHOTO)
    assert "цифры со счётчика" in said.text
    assert (await customer.conversation()).turn == "assistant"
    taken = await customer.writes("12345")
    assert "12345" in taken.text.replace("\u00a0", "").replace(" ", "")
    large = await customer.sends(MessageKind.ATTACHMENT, **LARGE)
    assert large.texts == [phrases.FILE_TOO_LARGE]
    assert "Оператор" in large.buttons


async def test_a_file_too_large_in_a_flow_is_answered_once(house: House) -> None:
    customer = house.customer()
    await customer.writes("сколько я должен")
    (said,) = (await customer.sends(MessageKind.ATTACHMENT, **LARGE)).texts
    assert said.startswith(phrases.FILE_TOO_LARGE)
    assert "номер лицевого счёта" in said
    both = {"type": "photo", "files": [*LARGE["files"], {"type": "photo", "size": 1}]}
    told = await customer.sends(MessageKind.ATTACHMENT, **both)
    assert told.texts[0] == phrases.FILE_TOO_LARGE
    assert phrases.ATTACHMENTS["photo"] in told.texts[1]


async def test_a_phone_that_nobody_proves_is_good_for_a_call_and_for_nothing_else(
    house: House,
) -> None:
    customer = house.customer()
    phone = {"phone": "+79161234567", "own": False, "claimed": True}
    said = await customer.sends(MessageKind.CONTACT, **phone)
    assert "ничего не подтверждает" in said.text
    await customer.writes("перезвоните мне")
    assert "+7 916 123-45-67" in (await customer.sends(MessageKind.CONTACT, **phone)).text
    assert (await customer.conversation()).turn == "queue"


async def test_a_receipt_goes_to_an_operator_and_what_follows_is_kept(house: House) -> None:
    customer = house.customer()
    await customer.writes("я оплатил, а платежа не видно")
    said = await customer.sends(MessageKind.ATTACHMENT, **PHOTO)
    assert "чек получили" in said.text
    assert (await customer.conversation()).turn == "queue"
    more = await customer.sends(MessageKind.ATTACHMENT, **PHOTO)
    assert "Передал оператору" in more.text
    large = await customer.sends(MessageKind.ATTACHMENT, **LARGE)
    assert large.texts == [phrases.FILE_TOO_LARGE]


async def test_the_day_after_an_operator_a_file_too_large_is_still_told_of(
    house: House, clock: FakeClock
) -> None:
    customer = house.customer()
    await customer.writes("привет")
    until = (clock.now() + timedelta(hours=20)).isoformat()
    async with house.services.database.write() as tx:
        await tx.session.execute(update(Conversation).values(state={"operator_until": until}))
    large = await customer.sends(MessageKind.ATTACHMENT, **LARGE)
    assert "больше 20 МБ" in large.text
    await customer.sends(MessageKind.ATTACHMENT, **PHOTO)
    assert (await customer.conversation()).turn == "queue"
