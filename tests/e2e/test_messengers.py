"""The same conversation in every channel, through a real process and the messenger's own
protocol: a question, a press, a reading, the debt, a photo, an operator who answers, a rating."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import select

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
from tests.media.test_media import picture
from tests.running import RunningOkno, prepare

Open = Callable[..., AbstractContextManager[Messenger]]
# Seconds, no measure: the machine may be busy.
PATIENCE = 60
READING = "лс 440012345678 Иванова показания 12345"


@pytest.mark.parametrize(
    ("messenger", "webhook"),
    [
        pytest.param(messengers.site, False, id="site"),
        pytest.param(messengers.telegram, False, id="telegram-poll"),
        pytest.param(messengers.telegram, True, id="telegram-webhook"),
        pytest.param(messengers.vk, False, id="vk-poll"),
        pytest.param(messengers.vk, True, id="vk-webhook"),
        pytest.param(messengers.viber, True, id="viber-webhook"),
        pytest.param(messengers.max_messenger, False, id="max-poll"),
        pytest.param(messengers.max_messenger, True, id="max-webhook"),
        pytest.param(messengers.ok, True, id="ok-webhook"),
    ],
)
async def test_the_same_conversation(
    messenger: Open, webhook: bool, sqlite_url: str, tmp_path: Path, engine: EmbeddedEngine
) -> None:
    await prepare(tmp_path, sqlite_url, engine)
    okno = RunningOkno(tmp_path, sqlite_url)
    with messenger(okno.url, webhook=webhook) as chat:
        okno.environment = chat.environment
        customer = chat.customer

        async def reads(text: str, times: int = 1) -> None:
            await until(
                lambda: sum(text in said for said in customer.reads) >= times, text, PATIENCE
            )

        try:
            await okno.start()
            await until(chat.ready, "the messenger is connected", PATIENCE)
            chat.starts()
            await reads("Здравствуйте")
            chat.presses("Оплата и долг")
            await reads("Что подсказать?")
            chat.presses("Частые вопросы")
            await reads("Что подсказать?", times=2)
            chat.presses("Тарифы")
            await reads("5,47")
            customer.says(READING)
            await reads("Показания приняты")
            customer.says("сколько я должен")
            await reads("₽")
            customer.says("позовите человека")
            await reads("Оператор ответит до")
            customer.sends_photo(picture())
            await reads("Передал оператору")
            await kept_for_operators(sqlite_url)
            await answer_as_operator(sqlite_url, "Здравствуйте! 1 < 2 & *звёздочки* [x](y)")
            await reads("1 < 2 & *звёздочки* [x](y)")
            await reads("Оцените, пожалуйста, помощь оператора")
            chat.presses("5")
            await reads("Спасибо за оценку")
            assert await rated(sqlite_url) == 5
            assert await okno.stop() == 0
            assert chat.refused() == 0
            assert all(secret not in okno.log() for secret in _secrets(chat))
        finally:
            okno.end()


def _secrets(chat: Messenger) -> list[str]:
    return [value for name, value in chat.environment.items() if name.endswith("_TOKEN")]


async def kept_for_operators(database_url: str) -> None:
    """The photo has come, and a picture was made of it."""
    database = Database(database_url)

    async def kept() -> bool:
        async with database.read() as session:
            return (await session.scalar(select(Attachment.preview))) is not None

    await until(kept, "the photo is fetched", PATIENCE)
    await database.close()


async def answer_as_operator(database_url: str, text: str) -> None:
    """What the inbox's page does, without its page."""
    settings = Settings(database_url=database_url, secret_key="k" * 40, _env_file=None)
    services = assemble(settings, profiles.load("demo"))
    async with services.database.read() as session:
        handoff_id = (await session.execute(select(Handoff.id))).scalar_one()
    (olga, *_) = await services.staff.people()
    who = Operator(olga.id, olga.display_name)
    await services.handoff.desk.answer(handoff_id, who, text, client_key="test-key-1")
    await services.handoff.desk.close(handoff_id, who, ask_rating=True)
    await services.close()


async def rated(database_url: str) -> int | None:
    database = Database(database_url)
    async with database.read() as session:
        score = await session.scalar(select(Rating.score))
    await database.close()
    return score
