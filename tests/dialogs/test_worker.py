"""The worker: claims, order, failures, outages and death in the middle."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select, update

from bots.incoming import Incoming
from bots.intake import Intake
from conversations.events import Events
from conversations.models import Author, Conversation, Message, MessageKind
from conversations.service import Outbox, bot_account_id
from dialogs.assistant import Assistant
from dialogs.effects import Effects
from dialogs.turn import Context, Response
from dialogs.worker import CLAIM_TIME, MAX_ATTEMPTS, Worker
from nlu import Understanding
from replies import Reply
from storage.database import Database
from storage.signals import Signals
from tests.conftest import FakeClock
from tests.fakes.waiting import until


class ScriptedAssistant:
    """Answers «ответ: …» unless told otherwise; ``held`` messages wait for their event."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.held: dict[str, asyncio.Event] = {}
        self.errors: dict[str, list[Exception]] = {}
        self.confidence: dict[str, float] = {}

    async def respond(self, context: Context) -> Response:
        self.read.append(context.text)
        if context.text in self.held:
            await self.held[context.text].wait()
        if self.errors.get(context.text):
            raise self.errors[context.text].pop(0)
        count = int(context.state.get("count", 0)) + 1
        sure = self.confidence.get(context.text)
        read = None if sure is None else Understanding(context.text, "faq/tariffs", sure)
        return Response({"count": count}, (Reply(f"ответ: {context.text}"),), understanding=read)

    def give_up(self, context: Context) -> Response:
        return Response(dict(context.state), (Reply(f"оператор: {context.text}"),))


class Scene:
    """A database with an intake and any number of workers."""

    def __init__(self, database: Database, clock: FakeClock, account: int) -> None:
        self.database = database
        self.clock = clock
        self.assistant = ScriptedAssistant()
        self.signals = Signals(database)
        events = Events(self.signals)
        self.outbox = Outbox(events, self.signals)
        self.intake = Intake(database, events, self.signals)
        self._account = account
        self._running: list[asyncio.Task[None]] = []

    def worker(self, assistant: ScriptedAssistant | None = None) -> Worker:
        chosen = cast(Assistant, assistant or self.assistant)
        return Worker(
            self.database, self.signals, self.outbox, chosen, cast(Effects, None), sure=0.6
        )

    def start(self, assistant: ScriptedAssistant | None = None) -> tuple[Any, asyncio.Event]:
        stop = asyncio.Event()
        task = asyncio.create_task(self.worker(assistant).run(stop))
        self._running.append(task)
        return task, stop

    async def die(self) -> None:
        """Every worker, without the ways of an orderly end."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if task in self._running or "Worker._handle" in repr(task.get_coro()):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._running.clear()

    async def write(self, text: str, number: int, chat: str = "77") -> None:
        await self.intake.accept(
            Incoming(
                bot_account_id=self._account, channel="telegram", chat_id=chat,
                external_id=f"{chat}-{number}", kind=MessageKind.TEXT, sent_at=self.clock.now(),
                text=text, platform_no=number, order_no=number,
            )
        )  # fmt: skip

    async def replies(self, chat: str = "77") -> list[str]:
        async with self.database.read() as session:
            rows = await session.execute(
                select(Message.text)
                .join(Conversation)
                .where(Conversation.chat_id == chat, Message.author == Author.ASSISTANT)
                .order_by(Message.id)
            )
            return list(rows.scalars())

    def replied(self, number: int, chat: str = "77") -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return len(await self.replies(chat)) >= number

        return check

    async def conversation(self) -> Conversation:
        async with self.database.read() as session:
            return (await session.execute(select(Conversation))).scalar_one()


@pytest.fixture
async def scene(database: Database, clock: FakeClock) -> AsyncIterator[Scene]:
    scene = Scene(database, clock, await bot_account_id(database, "telegram"))
    await scene.signals.start()
    yield scene
    await scene.die()
    await scene.signals.close()


async def test_intake_and_other_chats_go_on_while_a_handler_waits(scene: Scene) -> None:
    """As when Rasa or billing takes two seconds: nothing is locked meanwhile."""
    released = scene.assistant.held["долго"] = asyncio.Event()
    await scene.write("долго", 1)
    scene.start()
    await until(lambda: scene.assistant.read == ["долго"], "the handler waits")
    await scene.write("и ещё", 2)
    await scene.write("привет", 1, chat="78")
    await until(scene.replied(1, "78"), "another customer is answered")
    async with scene.database.read() as session:
        stored = (
            await session.execute(select(func.count()).where(Message.author == Author.CUSTOMER))
        ).scalar_one()
    assert stored == 3
    assert await scene.replies() == []
    released.set()
    await until(scene.replied(2), "the first is answered in order")
    assert await scene.replies() == ["ответ: долго", "ответ: и ещё"]


async def test_how_much_is_understood_is_counted(scene: Scene) -> None:
    def counted(outcome: str) -> float:
        labels = {"channel": "telegram", "outcome": outcome}
        return REGISTRY.get_sample_value("okno_understood_total", labels) or 0.0

    before = {outcome: counted(outcome) for outcome in ("sure", "unsure")}
    scene.assistant.confidence = {"тарифы": 0.6, "дом": 0.59, "тариф": 0.99}
    for number, text in enumerate(("тарифы", "дом", "кнопка", "тариф")):
        await scene.write(text, number)
    await scene.worker().handle_all()
    assert counted("sure") - before["sure"] == 2
    assert counted("unsure") - before["unsure"] == 1


async def test_messages_are_handled_in_the_platforms_order(scene: Scene) -> None:
    for number in (3, 1, 2):
        await scene.write(str(number), number)
    await scene.worker().handle_all()
    assert await scene.replies() == ["ответ: 1", "ответ: 2", "ответ: 3"]
    conversation = await scene.conversation()
    assert (conversation.state, conversation.handle_at) == ({"count": 3}, None)
    assert (conversation.claim_token, conversation.attempts) == (None, 0)


async def test_the_turn_that_ends_a_message_claims_the_chats_next_one(scene: Scene) -> None:
    for number, text in enumerate(("раз", "два", "три"), start=1):
        await scene.write(text, number)
    await scene.worker().handle_all()  # ends with the first turn that claims nothing
    assert await scene.replies() == ["ответ: раз", "ответ: два", "ответ: три"]


async def test_two_workers_share_the_work_and_never_a_conversation(scene: Scene) -> None:
    other = ScriptedAssistant()
    for chat in range(20):
        for number in range(3):
            await scene.write(str(number), number + 1, chat=str(chat))
    scene.start()
    scene.start(other)
    for chat in range(20):
        await until(scene.replied(3, str(chat)), f"chat {chat} is answered")
        assert await scene.replies(str(chat)) == [f"ответ: {n}" for n in range(3)]
    assert len(scene.assistant.read) + len(other.read) == 60


async def test_a_lost_claim_throws_the_result_away_and_the_message_is_handled_again(
    scene: Scene,
) -> None:
    released = scene.assistant.held["привет"] = asyncio.Event()
    await scene.write("привет", 1)
    task, stop = scene.start()
    await until(lambda: scene.assistant.read == ["привет"], "the handler waits")
    async with scene.database.write() as tx:
        await tx.session.execute(
            update(Conversation).values(claim_token="somebody else's", claimed_until=tx.now)
        )
    released.set()
    stop.set()
    await task
    assert await scene.replies() == []
    scene.clock.advance(seconds=1)
    await scene.worker().handle_all()
    assert await scene.replies() == ["ответ: привет"]
    assert (await scene.conversation()).state == {"count": 1}


async def test_a_message_that_fails_again_and_again_goes_to_an_operator(scene: Scene) -> None:
    scene.assistant.errors["беда"] = [ValueError("a bug")] * MAX_ATTEMPTS
    await scene.write("беда", 1)
    await scene.write("потом", 2)
    for _ in range(MAX_ATTEMPTS):
        await scene.worker().handle_all()
        assert await scene.replies() == []
        scene.clock.advance(seconds=10)
    await scene.worker().handle_all()
    assert await scene.replies() == ["оператор: беда", "ответ: потом"]
    assert scene.assistant.read == ["беда"] * MAX_ATTEMPTS + ["потом"]


async def test_an_outage_is_no_attempt(scene: Scene) -> None:
    outages = MAX_ATTEMPTS + 3
    scene.assistant.errors["привет"] = [OSError("billing is away")] * outages
    await scene.write("привет", 1)
    for _ in range(outages):
        await scene.worker().handle_all()
        scene.clock.advance(seconds=3)
    await scene.worker().handle_all()
    assert await scene.replies() == ["ответ: привет"]


async def test_what_cannot_be_stored_harms_only_itself(scene: Scene) -> None:
    """As a bug in one effect would: the others of the same transaction are answered."""

    class Unstorable(ScriptedAssistant):
        async def respond(self, context: Context) -> Response:
            response = await super().respond(context)
            if context.text == "плохо":
                return Response({"not": object()}, response.replies)
            return response

    assistant = Unstorable()
    for chat, text in enumerate(("хорошо", "плохо", "хорошо")):
        await scene.write(text, 1, chat=str(chat))
    await scene.worker(assistant).handle_all()
    assert await scene.replies("0") == ["ответ: хорошо"]
    assert await scene.replies("1") == []
    assert await scene.replies("2") == ["ответ: хорошо"]
    for _ in range(MAX_ATTEMPTS):
        scene.clock.advance(seconds=10)
        await scene.worker(assistant).handle_all()
    assert await scene.replies("1") == ["оператор: плохо"]


async def test_after_a_death_the_message_is_handled_by_the_next_process(scene: Scene) -> None:
    scene.assistant.held["привет"] = asyncio.Event()
    await scene.write("привет", 1)
    scene.start()
    await until(lambda: scene.assistant.read == ["привет"], "the handler waits")
    await scene.die()
    if not scene.database.is_sqlite:
        await scene.worker(ScriptedAssistant()).handle_all()
        assert await scene.replies() == [], "on PostgreSQL another process may be at work"
        scene.clock.advance(seconds=CLAIM_TIME.total_seconds() + 1)
    scene.start(ScriptedAssistant())
    await until(scene.replied(1), "it is answered")
    assert await scene.replies() == ["ответ: привет"]


async def test_long_work_keeps_its_claim(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialogs.worker.SWEEP_SECONDS", 0.02)
    released = scene.assistant.held["долго"] = asyncio.Event()
    await scene.write("долго", 1)
    scene.start()
    await until(lambda: scene.assistant.read == ["долго"], "the handler waits")
    for _ in range(4):
        before = (await scene.conversation()).claimed_until
        assert before is not None
        scene.clock.advance(seconds=CLAIM_TIME.total_seconds() / 2)

        async def renewed(before: Any = before) -> bool:
            return bool((await scene.conversation()).claimed_until > before)

        await until(renewed, "the claim is renewed")
    await scene.worker(ScriptedAssistant()).handle_all()
    released.set()
    await until(scene.replied(1), "it is answered")
    assert (await scene.conversation()).state == {"count": 1}


async def test_told_to_stop_it_finishes_what_is_in_hand(scene: Scene) -> None:
    released = scene.assistant.held["привет"] = asyncio.Event()
    await scene.write("привет", 1)
    await scene.write("потом", 2)
    task, stop = scene.start()
    await until(lambda: scene.assistant.read == ["привет"], "the handler waits")
    stop.set()
    released.set()
    await task
    assert await scene.replies() == ["ответ: привет"]


async def test_what_takes_too_long_at_the_end_is_given_back_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialogs.worker.STOP_SECONDS", 0.0)
    scene.assistant.held["долго"] = asyncio.Event()
    await scene.write("долго", 1)
    task, stop = scene.start()
    await until(lambda: scene.assistant.read == ["долго"], "the handler waits")
    stop.set()
    await task
    conversation = await scene.conversation()
    assert (conversation.claim_token, conversation.attempts) == (None, 0)
    scene.clock.advance(seconds=3)
    await scene.worker(ScriptedAssistant()).handle_all()
    assert await scene.replies() == ["ответ: долго"]
