"""The operators' side: taking is atomic, answers go out once, nothing is said twice."""

import asyncio

import pytest

from conversations.models import Turn
from conversations.service import history, mark_unreachable
from handoff.errors import (
    AnswerTooLong,
    CustomerGone,
    EmptyAnswer,
    HandoffUnknown,
    NewerLine,
    NotWaiting,
    NotYours,
    SentDifferently,
)
from handoff.models import CloseReason, HandoffState
from handoff.steps import Operator
from tests.handoff.conftest import House
from tests.handoff.test_calendar import at


async def test_of_two_operators_one_gets_it_and_the_other_learns_who(
    house: House, olga: Operator, ivan: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    desk = house.service.desk
    results = await asyncio.gather(
        *(desk.take(first, who) for who in (olga, ivan) * 5), return_exceptions=True
    )
    holder = (await house.stay(first)).operator_id
    assert holder in (olga.id, ivan.id)
    lost = [result for result in results if result is not None]
    assert len(lost) == 5
    assert all(isinstance(error, NotYours) and error.holder == holder for error in lost)
    assert (await house.conversation(conversation)).turn == Turn.OPERATOR
    assert [c.kind for c in await house.changes()].count("handoff.taken") == 1


async def test_the_first_answer_introduces_the_operator(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    desk = house.service.desk
    await desk.take(first, olga)
    await desk.answer(first, olga, "Здравствуйте! Долг 10 ₽.", client_key="k1")
    house.clock.advance(minutes=1)
    await desk.answer(first, olga, "Смотрю.", client_key="k2")
    assert await house.sent(conversation) == [
        "Вам отвечает Ольга.\n\nЗдравствуйте! Долг 10 ₽.",
        "Смотрю.",
    ]
    stay = await house.stay(first)
    assert stay.first_answered_at == at("2026-11-18T12:00")
    assert stay.last_operator_at == at("2026-11-18T12:01")
    assert stay.next_due_at is None


async def test_an_internal_note_is_no_introduction_and_stays_inside(
    house: House, olga: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.note(first, olga, "проверить *счётчик*", client_key="n1")
    assert await house.sent(conversation) == []
    assert await house.notes(conversation) == ["проверить *счётчик*"]
    assert (await house.stay(first)).state == HandoffState.WAITING
    await house.service.desk.answer(first, olga, "Готово", client_key="k1")
    assert (await house.sent(conversation))[0].startswith("Вам отвечает Ольга.")


async def test_answering_takes_a_waiting_conversation(house: House, olga: Operator) -> None:
    first = await house.waiting()
    await house.service.desk.answer(first, olga, "Готово", client_key="k1")
    assert (await house.stay(first)).operator_id == olga.id


async def test_a_double_press_sends_once(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    desk = house.service.desk
    ids = await asyncio.gather(
        *(desk.answer(first, olga, "Готово", client_key="k1") for _ in range(5))
    )
    notes = await asyncio.gather(
        *(desk.note(first, olga, "ждёт акт", client_key="n1") for _ in range(5))
    )
    assert len(set(ids)) == len(set(notes)) == 1
    assert len(await house.sent(conversation)) == 1
    assert (await house.notes(conversation)).count("ждёт акт") == 1


async def test_a_changed_text_under_an_old_key_is_not_lost_silently(
    house: House, olga: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.answer(first, olga, "Готово", client_key="k1")
    with pytest.raises(SentDifferently):
        await house.service.desk.answer(first, olga, "Готово, проверьте", client_key="k1")
    assert len(await house.sent(conversation)) == 1


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("1. *жирно* _и_ [ссылка](x) <b>тег</b> & `код`", None),
        ("# не заголовок\n- не список\n> не цитата", None),
        ("сумма: 1 234,56 ₽ (до 25.11)!", None),
        ("путь C:\\Users\\", None),
        ("    отступ", "отступ"),
        ("раз\n    два", "раз\n\u00a0\u00a0\u00a0\u00a0два"),
        ("абзац\n\n\n\nабзац", "абзац\n\nабзац"),
        ("a\x00b", "a\ufffdb"),
    ],
)
async def test_the_text_is_shown_as_typed(
    house: House, olga: Operator, typed: str, shown: str | None
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.answer(first, olga, "раз", client_key="k1")
    await house.service.desk.answer(first, olga, typed, client_key="k2")
    expected = (shown or typed).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert (await house.sent(conversation))[-1] == expected


async def test_an_address_becomes_a_link(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    text = "Смотрите https://lk.example/pay?a=1&b=2_3 (или https://lk.example/x)."
    await house.service.desk.answer(first, olga, text, client_key="k1")
    assert (await house.sent(conversation))[0].endswith(
        'Смотрите <a href="https://lk.example/pay?a=1&amp;b=2_3">'
        "https://lk.example/pay?a=1&amp;b=2_3</a>"
        ' (или <a href="https://lk.example/x">https://lk.example/x</a>).'
    )


async def test_what_cannot_be_sent(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    desk = house.service.desk
    with pytest.raises(EmptyAnswer):
        await desk.answer(first, olga, " \n ", client_key="k1")
    with pytest.raises(AnswerTooLong):
        await desk.answer(first, olga, "а" * 4001, client_key="k1")
    with pytest.raises(HandoffUnknown):
        await desk.answer(first + 999, olga, "ау", client_key="k1")
    async with house.database.write() as tx:
        await mark_unreachable(tx, conversation, "blocked")
    with pytest.raises(CustomerGone):
        await desk.answer(first, olga, "ау", client_key="k1")
    # A refused answer takes nothing.
    assert (await house.stay(first)).state == HandoffState.WAITING
    assert await house.sent(conversation) == []


async def test_a_colleagues_conversation_is_not_answered(
    house: House, olga: Operator, ivan: Operator
) -> None:
    first = await house.waiting()
    desk = house.service.desk
    await desk.take(first, olga)
    for act in (
        desk.answer(first, ivan, "Готово", client_key="k1"),
        desk.close(first, ivan),
        desk.return_to_assistant(first, ivan),
        desk.needs_no_answer(first, ivan),
    ):
        with pytest.raises(NotYours) as refused:
            await act
        assert refused.value.holder == olga.id
    assert (await house.stay(first)).operator_id == olga.id


async def test_a_conversation_is_taken_over_from_a_colleague(
    house: House, olga: Operator, ivan: Operator
) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    desk = house.service.desk
    await desk.answer(first, olga, "Смотрю", client_key="k1")
    await desk.take(first, ivan, instead_of=olga.id)
    with pytest.raises(NotYours):
        await desk.answer(first, olga, "Готово", client_key="k2")
    await desk.answer(first, ivan, "Готово", client_key="k3")
    assert (await house.sent(conversation))[-1] == "Вам отвечает Иван.\n\nГотово"
    assert "Иван: разговор взят у коллеги" in await house.notes(conversation)


async def test_a_third_one_is_not_taken_by_mistake(
    house: House, olga: Operator, ivan: Operator
) -> None:
    first = await house.waiting()
    await house.service.desk.take(first, ivan)
    with pytest.raises(NotYours):
        await house.service.desk.take(first, olga, instead_of=olga.id + ivan.id + 1)


async def test_back_to_the_bot(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.take(first, olga)
    await house.service.desk.return_to_assistant(first, olga)
    stay = await house.stay(first)
    assert (stay.state, stay.close_reason) == (HandoffState.CLOSED, CloseReason.RETURNED)
    assert (await house.conversation(conversation)).turn == Turn.ASSISTANT
    assert "снова отвечает бот-помощник" in (await house.sent(conversation))[-1]
    assert (await house.changes())[-1].kind == "handoff.returned"
    assert await house.notes(conversation) == ["Ольга: разговор взят", "Ольга: возвращено боту"]


async def test_closing_says_goodbye(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    await house.service.desk.take(first, olga)
    await house.service.desk.close(first, olga)
    assert "Спасибо, что написали" in (await house.sent(conversation))[-1]
    for act in (
        house.service.desk.answer(first, olga, "ещё", client_key="k1"),
        house.service.desk.take(first, olga),
        house.service.desk.close(first, olga),
    ):
        with pytest.raises(NotWaiting):
            await act


async def test_a_waiting_one_is_taken_before_it_is_closed(house: House, olga: Operator) -> None:
    first = await house.waiting()
    with pytest.raises(NotYours) as refused:
        await house.service.desk.close(first, olga)
    assert refused.value.holder is None


async def test_no_answer_needed_stops_the_clock(house: House, olga: Operator) -> None:
    conversation = await house.customer("оператор")
    first = await house.request(conversation)
    desk = house.service.desk
    await desk.answer(first, olga, "Готово", client_key="k1")
    house.clock.advance(hours=1)
    await house.wrote(conversation)
    await desk.needs_no_answer(first, olga)
    assert (await house.stay(first)).next_due_at is None
    assert "Ольга: ответа не требует" in await house.notes(conversation)
    house.clock.advance(hours=4)
    await house.run_jobs()
    assert (await house.stay(first)).close_reason == CloseReason.IDLE


async def test_nobody_answers_what_he_has_not_seen(
    house: House, olga: Operator, ivan: Operator
) -> None:
    stay = await house.waiting()
    conversation = (await house.stay(stay)).conversation_id

    async def say(text: str, key: str, seen: int) -> str:
        try:
            await house.service.desk.answer(stay, olga, text, client_key=key * 16, seen=seen)
        except NewerLine as error:
            return f"{error.message_id} {error.words} {error.by_customer}"
        return "said"

    async with house.database.read() as session:
        first = max((await history(session, conversation)), key=lambda one: one.id).id
    assert await say("Здравствуйте.", "a", first) == "said"
    await house.service.desk.note(stay, ivan, "посмотрю", client_key="n" * 16)
    assert await say("Смотрю счёт.", "b", first) == "said", "one's own lines and notes hold nothing"
    await house.customer("уже \n оплатил")
    async with house.database.read() as session:
        newest = (await history(session, conversation))[-1].id
    assert await say("Долг 10 ₽.", "c", first) == f"{newest} уже оплатил True"
    assert len(await house.sent(conversation)) == 2
    assert await say("Смотрю счёт.", "b", first) == "said", "it came twice, and once before"
    assert await say("Спасибо.", "c", newest) == "said", "the second Enter"
    await house.service.desk.take(stay, ivan, instead_of=olga.id)
    await house.service.desk.answer(stay, ivan, "Всё верно.", client_key="d" * 16)
    await house.service.desk.take(stay, olga, instead_of=ivan.id)
    assert (await say("Проверяю.", "e", newest)).endswith("Всё верно. False")
