"""One customer in several messengers: by a code, by a proved phone; parted by an operator."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from billing.models import AccountLink
from conversations.models import Conversation, MessageKind
from dialogs.other_channels import code_in, code_of_link, wants_code, ways
from handoff.errors import NotJoined
from handoff.models import Handoff
from handoff.steps import Operator
from staff.models import AuditEntry, Person, Role
from tests.conftest import FakeClock
from tests.dialogs.conftest import Customer, House

IVANOVA, PETROV = "440012345678", "440087654321"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("хочу продолжить в телеграме", True), ("Можно перейти в MAX?", True), ("код", True),
        ("дайте код для другого мессенджера", True), ("продолжим в другом мессенджере", True),
        ("привяжите телеграм", True), ("код из квитанции", False), ("код ошибки Е02", False),
        ("вы есть в телеграме?", False), ("раньше писал из вк, подвяжите счёт", False),
        ("продолжаю платить на сайте банка", False), ("пришлите код подтверждения", False),
    ],
)  # fmt: skip
def test_who_wants_a_code(text: str, wanted: bool) -> None:
    assert wants_code(text, in_flow=False) is wanted


def test_a_code_in_the_words() -> None:
    assert code_in(" Код: 4827 1935. ") == code_in("код 4827-1935") == code_in("КОД48271935")
    assert code_in("код 4827-193") is None
    assert code_in("48271935") is None, "a meter may have such a number"
    assert not wants_code("код", in_flow=True)
    links = {
        "telegram": "https://t.me/okno?start={code}",
        "max": "https://max.ru/okno?start={code}",
    }
    (way,) = ways(links, "telegram", "48271935")
    assert (way.label, way.url) == (
        "Продолжить в MAX", "https://max.ru/okno?start=code-48271935"
    )  # fmt: skip
    assert (code_of_link("code-48271935"), code_of_link("code-4827")) == ("48271935", None)


async def _contacts(house: House) -> list[int]:
    async with house.services.database.read() as session:
        return list(await session.scalars(select(Conversation.contact_id).order_by("id")))


async def _accounts(house: House, contact: int) -> set[int]:
    async with house.services.database.read() as session:
        return set(
            await session.scalars(
                select(AccountLink.account_id).where(
                    AccountLink.contact_id == contact, AccountLink.unlinked_at.is_(None)
                )
            )
        )


async def _code(customer: Customer) -> str:
    said = await customer.writes("хочу продолжить в другом мессенджере")
    return said.text.split("**")[1]


async def _stay(house: House) -> int:
    async with house.services.database.read() as session:
        return (await session.scalars(select(Handoff.id).order_by(Handoff.id.desc()))).first() or 0


async def test_joined_by_a_code_and_parted(house: House, clock: FakeClock) -> None:
    first, second = house.customer("1"), house.customer("2")
    await first.writes(f"привяжи счёт {IVANOVA} Иванова")
    await second.writes(f"привяжи счёт {PETROV} Петров")
    code = await _code(first)
    assert "Никому" in (await first.writes("код")).text, "a new one, the earlier is void"
    assert "не подошёл" in (await second.writes(code)).text
    code = await _code(first)
    assert "в другом мессенджере" in (await first.writes(code)).text, "not used up by himself"
    clock.value += timedelta(minutes=11)
    assert "не подошёл" in (await second.writes(code)).text

    await second.writes(f"привяжи счёт {IVANOVA} Иванова")
    one, other = await _contacts(house)
    theirs = await _accounts(house, other)
    asked = await second.writes(await _code(first))
    assert "там будут видны и Ваши счета" in asked.text, "a stranger may have sent him the code"
    assert "не соединяем" in (await second.presses("Нет")).text
    assert await _contacts(house) == [one, other]
    await second.writes(await _code(first))
    assert "узнали Вас" in (await second.presses("Да, соединить")).text
    assert "присоединён ещё один" in (await first.hears()).text
    assert await _contacts(house) == [one, one]
    assert len(await _accounts(house, one)) == 2
    assert "5678" in (await second.writes(f"сколько я должен по счёту {IVANOVA}")).text
    assert "не подошёл" in (await second.writes(f"код {code[4:]}")).text

    await first.writes("оператор")
    stay = await _stay(house)
    joining, database = house.services.handoff.joining, house.services.database
    async with database.write() as tx:
        person = Person(
            login="olga", display_name="Ольга", password_hash="-", role=Role.OPERATOR,
            created_at=tx.now,
        )  # fmt: skip
        tx.session.add(person)
        await tx.session.flush()
        olga = Operator(person.id, "Ольга")
    chats = [(await first.conversation()).id, (await second.conversation()).id]
    with pytest.raises(NotJoined):
        await joining.part(stay, olga, chats[0])
    await joining.part(stay, olga, chats[1])
    with pytest.raises(NotJoined):  # a double press
        await joining.part(stay, olga, chats[1])
    assert await _contacts(house) == [one, other]
    assert await _accounts(house, other) == theirs
    assert len(await _accounts(house, one)) == 1
    async with database.read() as session:
        entries = set(await session.scalars(select(AuditEntry.action)))
    assert {"contact.joined", "contact.parted"} <= entries


async def test_guessing_is_stopped_and_a_proved_phone_joins(house: House) -> None:
    first, second = house.customer("1"), house.customer("2")
    code = await _code(first)
    for number in range(5):
        assert "не подошёл" in (await second.writes(f"код 0000-000{number}")).text
    assert "Слишком много" in (await second.writes(code)).text
    assert len(set(await _contacts(house))) == 2

    third = house.customer("3")
    linked = f"code-{code.removeprefix('код ').replace('-', '')}"
    said = await third.sends(MessageKind.COMMAND, command="start", payload=linked)
    assert "узнали Вас" in said.text, "the same by a link"
    linked = f"code-{(await _code(first)).removeprefix('код ').replace('-', '')}"
    said = await house.customer("4").sends(MessageKind.TEXT, "Привет", ref=linked)
    assert "узнали Вас" in said.text, "and where it comes with the first words"
    assert len(set(await _contacts(house))) == 2

    phone = {"phone": "+7 (916) 123-45-67", "own": True}
    await first.sends(MessageKind.CONTACT, **phone)
    await second.sends(MessageKind.CONTACT, phone="89161234567", own=False)
    assert len(set(await _contacts(house))) == 2, "somebody's card proves nothing"
    await second.sends(MessageKind.CONTACT, **phone | {"phone": "89161234567"})
    assert len(set(await _contacts(house))) == 1
