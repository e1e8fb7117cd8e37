"""Whatever is written, in whatever order: what must never happen in a conversation."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from billing.models import Meter, Reading
from conversations.models import Contact, Conversation, MessageKind, Turn
from dialogs.assistant import Assistant
from dialogs.turn import Context, RequestOperator, Response
from storage.database import Database
from tests.dialogs.conftest import House

NUMBER, METER = "440012345678", "1012345678"
# What the base holds and no message below says.
SECRETS = ("Иванов", "Мария", "Петровн", "Светл", METER, "12\u00a0180", "12180")
_NUMBERS = itertools.count(1)

FEW = settings(
    max_examples=25,
    # One base for all examples: each is another customer of the same accounts.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

VALUES = st.one_of(st.integers(12_000, 14_500), st.integers(0, 99_999)).filter(
    lambda value: value != 12_180
)
TALK = (
    "да", "нет", "отмена", "меню", "передать показания", "сколько я должен", "мои счета",
    "история показаний", "без фамилии", "счётчик поменяли", "какие тарифы?", "спасибо",
)  # fmt: skip
MESSAGES = st.one_of(
    st.builds("показания {}".format, VALUES),
    st.builds(str, VALUES),
    st.sampled_from(TALK),
    st.integers(1, 5).map(lambda place: f"[{place}]"),
)
STRANGERS = st.one_of(
    MESSAGES,
    st.builds(f"лс {NUMBER} показания {{}}".format, VALUES),
    st.sampled_from(
        (
            NUMBER,
            f"{NUMBER} Кузнецов",
            "Кузнецов",
            "Смирнова Ольга",
            "440099999999",
            f"долг по счёту {NUMBER}",
            f"начисления {NUMBER}",
            f"квитанция по счёту {NUMBER}",
            "ул. Лесная 1-2, Кузнецов Олег",
            f"привяжите счёт {NUMBER}",
        )
    ),
)


class Talk:
    """A conversation with the assistant; every message is handled twice, as after a death."""

    def __init__(self, database: Database, assistant: Assistant, ids: tuple[int, int]) -> None:
        self._database = database
        self._assistant = assistant
        self._contact_id, self._conversation_id = ids
        self._state: dict[str, Any] = {"greeted": True}
        self.message_ids: list[int] = []

    async def says(self, text: str) -> str:
        """What is answered."""
        message_id = 10**9 + next(_NUMBERS)
        self.message_ids.append(message_id)
        context = self._context(text, message_id)
        await self._assistant.respond(context)
        response: Response = await self._assistant.respond(context)
        self._state = response.state
        if any(isinstance(effect, RequestOperator) for effect in response.effects):
            self._state |= {"flow": "", "flow_state": {}}
        return "\n".join(
            [reply.text for reply in response.replies]
            + [button.label for reply in response.replies for button in reply.buttons]
        )

    def _context(self, text: str, message_id: int) -> Context:
        kind, data = MessageKind.TEXT, {}
        buttons = self._state.get("buttons", [])
        if text.startswith("["):
            if not buttons:
                text = "меню"
            else:
                kind, data = MessageKind.PRESS, {"action": buttons[int(text[1]) % len(buttons)][1]}
        return Context(
            conversation_id=self._conversation_id, contact_id=self._contact_id,
            channel="telegram", turn=Turn.ASSISTANT, state=self._state, message_id=message_id,
            kind=kind, text=text, data=data, now=self._database.clock.now(),
        )  # fmt: skip


async def _talk(house: House) -> Talk:
    database = house.services.database
    now = database.clock.now()
    async with database.write() as tx:
        contact = Contact(created_at=now)
        tx.session.add(contact)
        await tx.session.flush()
        conversation = Conversation(
            contact_id=contact.id, bot_account_id=house.account_id, channel="telegram",
            chat_id=f"p{next(_NUMBERS)}", state={}, last_message_at=now, created_at=now,
        )  # fmt: skip
        tx.session.add(conversation)
        await tx.session.flush()
        ids = (contact.id, conversation.id)
    return Talk(database, house.services.assistant(house.engine), ids)


async def _in_force(house: House) -> int:
    async with house.services.database.read() as session:
        value = await session.scalar(
            select(Reading.t1)
            .join(Meter, Meter.id == Reading.meter_id)
            .where(Meter.number == METER, Reading.status == "accepted")
            .order_by(Reading.period.desc())
            .limit(1)
        )
    assert value is not None
    return value


@FEW
@given(messages=st.lists(MESSAGES, min_size=1, max_size=7))
@example(messages=["показания 1", "показания 12460", "13975", "отмена"])
async def test_nothing_lowers_what_is_in_force_and_nothing_is_taken_twice(
    house: House, messages: Sequence[str]
) -> None:
    talk = await _talk(house)
    await talk.says(f"привяжите счёт {NUMBER} Иванова")
    for message in messages:
        before = await _in_force(house)
        answer = await talk.says(message)
        after = await _in_force(house)
        assert after >= before or "отменены" in answer, (before, after, answer)
    async with house.services.database.read() as session:
        most = await session.scalar(
            select(func.count())
            .select_from(Reading)
            .where(Reading.source_message_id.in_(talk.message_ids))
            .group_by(Reading.source_message_id)
            .order_by(func.count().desc())
            .limit(1)
        )
    assert (most or 0) <= 1


@FEW
@given(messages=st.lists(STRANGERS, min_size=1, max_size=8))
async def test_who_has_not_shown_who_he_is_hears_nothing_of_an_account(
    house: House, messages: Sequence[str]
) -> None:
    talk = await _talk(house)
    for message in messages:
        answer = await talk.says(message)
        told = [secret for secret in SECRETS if secret in answer and secret not in message]
        assert not told, (message, told, answer)


@pytest.mark.parametrize("name", ["Кузнецов", "Сидорова"])
async def test_numbers_that_exist_and_that_do_not_are_answered_alike(
    house: House, name: str
) -> None:
    """Step by step, whatever is tried without a proof."""
    heard = []
    for number in (NUMBER, "440099995678"):
        answers = []
        for words in (f"показания {number}", f"долг {number} {name}", f"привяжите счёт {number}",
                      f"история показаний {number} {name}"):  # fmt: skip
            talk = await _talk(house)
            answers += [await talk.says(words), await talk.says(name), await talk.says("отмена")]
        heard.append(answers)
    assert heard[0] == heard[1]
