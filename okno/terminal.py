"""``okno chat``: the assistant in the terminal, through the same intake, worker and queue."""

import asyncio
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from sqlalchemy import func, select, update

from bots.incoming import Incoming
from conversations.models import Conversation, Delivery, DeliveryState, Message, MessageKind
from conversations.service import bot_account_id
from okno import profile as profiles
from okno.assemble import assemble
from okno.demo import fill_company
from okno.services import Services
from okno.settings import Settings
from okno.understanding import prepare
from storage import migrate

LEAVE = {"/exit", "/quit", "/выход"}
PROMPT = "[bold cyan]Вы:[/] "


async def talk(settings: Settings, console: Console) -> None:
    """Until Ctrl+D. Nothing of it touches the installation's own database."""
    with tempfile.TemporaryDirectory() as folder:
        own = settings.model_copy(update={"database_url": f"sqlite:///{Path(folder)}/chat.db"})
        services = assemble(own, profiles.load(own.profile))
        try:
            await _talk(services, console)
        finally:
            await services.close()


async def _talk(services: Services, console: Console) -> None:
    await migrate.upgrade(services.database)
    await fill_company(services, console)
    await services.knowledge_base.load()
    worker = services.worker(services.assistant(prepare(console)))
    account = await bot_account_id(services.database, "terminal")
    console.print("[dim]Пишите; число выбирает вариант; выход: Ctrl+D[/]")
    asking = asyncio.create_task(_ask(console))
    ended = False
    # A greeting waits for what follows: either the next line comes first, or its time.
    while (seconds := await _seconds_to_wait(services)) is not None or not ended:
        if ended:
            await asyncio.sleep(seconds or 0)
        else:
            await asyncio.wait({asking}, timeout=seconds)
        typed = asking.done() and not ended
        if typed:
            line = asking.result()
            ended = line is None
            if line is not None:
                await services.intake.accept(_incoming(account, line, services))
        await worker.handle_all()
        await _show(services, console)
        if typed and not ended:
            asking = asyncio.create_task(_ask(console))
        elif not ended:
            console.print(PROMPT, end="")


async def _seconds_to_wait(services: Services) -> float | None:
    """Until a message that waits for more is due; None when nothing waits."""
    async with services.database.read() as session:
        due = await session.scalar(select(func.min(Conversation.handle_at)))
    if due is None:
        return None
    left: timedelta = due - services.database.clock.now()
    return max(0.05, left.total_seconds())


async def _ask(console: Console) -> str | None:
    try:
        line = await asyncio.to_thread(console.input, PROMPT)
    except EOFError:
        return None
    return None if line.strip() in LEAVE else line


def _incoming(account: int, line: str, services: Services) -> Incoming:
    command = line.startswith("/") and len(line) > 1
    name, _, payload = line[1:].partition(" ")
    return Incoming(
        bot_account_id=account,
        channel="terminal",
        chat_id="terminal",
        external_id=uuid.uuid4().hex,
        kind=MessageKind.COMMAND if command else MessageKind.TEXT,
        sent_at=services.database.clock.now(),
        text=line,
        data={"command": name, "payload": payload} if command else {},
    )


async def _show(services: Services, console: Console) -> None:
    async with services.database.write() as tx:
        rows = (
            await tx.session.execute(
                select(Delivery.id, Delivery.payload, Message.data)
                .join(Message, Message.id == Delivery.message_id)
                .where(Delivery.state == DeliveryState.QUEUED)
                .order_by(Delivery.id)
            )
        ).all()
        await tx.session.execute(
            update(Delivery)
            .where(Delivery.id.in_([row[0] for row in rows]))
            .values(state=DeliveryState.SENT, finished_at=tx.now)
        )
    for _, payload, _ in rows:
        console.print(Markdown(str(payload["text"]).replace("\n", "  \n")), style="green")
