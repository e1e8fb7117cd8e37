"""The same conversation in every channel at once, through a real process and each messenger's own
protocol: a question, a press, a reading, the debt, a photo, an operator who answers, a rating."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Select, select

from conversations.models import Conversation, Message
from handoff.desk import Operator
from handoff.models import Handoff, Rating
from media.models import Attachment
from nlu.embedded import EmbeddedEngine
from okno import profile as profiles
from okno.assemble import assemble
from okno.settings import Settings
from storage.database import Database
from tests.e2e import messengers
from tests.e2e.messengers import Messenger
from tests.fakes.waiting import until
from tests.faults.crowd import MONTHLY, ordinary_flats
from tests.media.test_media import picture
from tests.running import RunningOkno, prepare

Open = Callable[..., AbstractContextManager[Messenger]]
# Seconds, no measure: the machine may be busy.
PATIENCE = 90
POLLED: Mapping[str, Open] = {
    "web": messengers.site, "telegram": messengers.telegram, "vk": messengers.vk,
    "max": messengers.max_messenger,
}  # fmt: skip
CALLING: Mapping[str, Open] = {
    "telegram": messengers.telegram, "vk": messengers.vk, "max": messengers.max_messenger,
    "viber": messengers.viber, "ok": messengers.ok,
}  # fmt: skip


@pytest.mark.parametrize("webhook", [False, True], ids=["poll", "webhook"])
async def test_the_same_conversation(
    webhook: bool, sqlite_url: str, tmp_path: Path, engine: EmbeddedEngine
) -> None:
    await prepare(tmp_path, sqlite_url, engine, accounts=60)
    okno = RunningOkno(tmp_path, sqlite_url)
    database = Database(sqlite_url)
    async with database.read() as session:
        flats = await ordinary_flats(session, len(CALLING))
    with ExitStack() as stack:
        chats = {
            channel: stack.enter_context(opened(okno.url, webhook=webhook))
            for channel, opened in (CALLING if webhook else POLLED).items()
        }
        okno.environment = {
            name: value for chat in chats.values() for name, value in chat.environment.items()
        }
        try:
            await okno.start()
            await asyncio.gather(
                *(
                    _converse(
                        database, channel, chats[channel],
                        f"лс {number} {surname} показания {(last + MONTHLY) // 1000}",
                    )
                    for channel, (number, surname, _, last) in zip(chats, flats, strict=False)
                )
            )  # fmt: skip
            assert await okno.stop() == 0
            refused = {channel: chat.refused() for channel, chat in chats.items()}
            assert refused == dict.fromkeys(chats, 0)
            secrets = [v for name, v in okno.environment.items() if name.endswith("_TOKEN")]
            assert all(secret not in okno.log() for secret in secrets)
        finally:
            okno.end()
            await database.close()


async def _converse(database: Database, channel: str, chat: Messenger, reading: str) -> None:
    customer = chat.customer

    async def reads(text: str, times: int = 1) -> None:
        await until(
            lambda: sum(text in said for said in customer.reads) >= times,
            f"{channel}: {text}",
            PATIENCE,
        )

    await until(chat.ready, f"{channel} is connected", PATIENCE)
    chat.starts()
    await reads("Здравствуйте")
    chat.presses("Оплата и долг")
    await reads("Что подсказать?")
    chat.presses("Частые вопросы")
    await reads("Что подсказать?", times=2)
    chat.presses("Тарифы")
    await reads("5,47")
    customer.says(reading)
    await reads("Показания приняты")
    sums = sum("₽" in said for said in customer.reads)
    customer.says("сколько я должен")
    await reads("₽", times=sums + 1)
    customer.says("позовите человека")
    await reads("Оператор ответит до")
    customer.sends_photo(picture())
    await reads("Передал оператору")
    await kept_for_operators(database, channel)
    await answer_as_operator(database, channel, "Здравствуйте! 1 < 2 & *звёздочки* [x](y)")
    await reads("1 < 2 & *звёздочки* [x](y)")
    await reads("Оцените, пожалуйста, помощь оператора")
    chat.presses("5")
    await reads("Спасибо за оценку")
    assert await rated(database, channel) == 5


async def kept_for_operators(database: Database, channel: str) -> None:
    """The photo has come, and a picture was made of it."""
    made = (
        select(Attachment.preview)
        .join(Message, Message.id == Attachment.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.channel == channel)
    )

    async def kept() -> bool:
        async with database.read() as session:
            return (await session.scalar(made)) is not None

    await until(kept, f"{channel}: the photo is fetched", PATIENCE)


async def answer_as_operator(database: Database, channel: str, text: str) -> None:
    """What the inbox's page does, without its page."""
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, secret_key="k" * 40, _env_file=None)
    services = assemble(settings, profiles.load("demo"))
    async with services.database.read() as session:
        handoff_id = (await session.execute(_stay(channel))).scalar_one()
    (olga, *_) = await services.staff.people()
    who = Operator(olga.id, olga.display_name)
    await services.handoff.desk.answer(handoff_id, who, text, client_key=f"test-key-{channel}")
    await services.handoff.desk.close(handoff_id, who, ask_rating=True)
    await services.close()


async def rated(database: Database, channel: str) -> int | None:
    async with database.read() as session:
        score: int | None = await session.scalar(
            select(Rating.score).where(Rating.handoff_id.in_(_stay(channel)))
        )
    return score


def _stay(channel: str) -> Select[tuple[int]]:
    return (
        select(Handoff.id)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .where(Conversation.channel == channel)
    )
