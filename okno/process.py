"""A serving process: its roles, its start, and its end within ten seconds of SIGTERM."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Collection, Iterator
from enum import StrEnum

import structlog
import uvicorn
from fastapi import FastAPI
from threadpoolctl import threadpool_limits

from conversations.clock_back import watch
from knowledge_base.learning.live import LiveEngine
from media.errors import FileGone, StoreRefuses
from media.whole import probe
from okno import memory, operations
from okno.app import create_app
from okno.channels import Channel, fetching, open_channels
from okno.errors import WrongSetting
from okno.money import reading_courier
from okno.services import Services

log = structlog.get_logger(__name__)

PORT = 8080
GRACE_SECONDS = 5
# A store of files that is silent so long is down: serve without it meanwhile.
FILES_SECONDS = 10


class RoleName(StrEnum):
    WEB = "web"
    WORKER = "worker"
    SENDER = "sender"
    JOBS = "jobs"


# Pages try articles out, the worker answers; senders and due work need no model.
READERS = {RoleName.WEB, RoleName.WORKER}


class _Server(uvicorn.Server):
    """Signals are the process's, not the server's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    services: Services,
    roles: Collection[RoleName],
    *,
    host: str,
    port: int | None,
    engine: LiveEngine | None,
) -> None:
    """Serve until SIGTERM or SIGINT; what is in hand is finished first.

    ``port``: without the role «web» only /healthz, /readyz and /metrics answer there; None: 8080
    for pages, and nothing for other roles. ``engine``: None where no role reads (``READERS``).
    """
    stop = services.stop
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await check_files(services)
    await services.signals.start()
    await services.values.begin()
    await services.office_hours.load()
    await _check_secrets(services)
    await services.knowledge_base.load()
    channels = await open_channels(services)
    tasks: dict[str, asyncio.Task[None]] = {}
    server: _Server | None = None
    if RoleName.WEB in roles and engine is not None:
        await services.hub.start()
        app = create_app(services, channels, tasks, engine)
        server = _server(services, app, host, port or PORT)
    elif port is not None:
        server = _server(services, operations.create_app(services, channels, tasks), host, port)
    if server is not None:
        tasks["web"] = asyncio.create_task(server.serve())
    tasks |= await _background(services, roles, channels, engine)
    # The engine's products are small: more threads only wait for each other, at full speed.
    threadpool_limits(limits=1, user_api="blas")
    # What is loaded now stays to the end: the collector need not walk over it again and again.
    gc.collect()
    memory.give_back()
    gc.freeze()
    log.info("okno.serving", roles=sorted(roles), channels=[c.name for c in channels])
    await _until_stopped(stop, tasks)
    if server is not None:
        server.should_exit = True
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    for channel in channels:
        await channel.close()
    if RoleName.WEB in roles:
        await services.hub.close()
    log.info("okno.stopped")


def _server(services: Services, app: FastAPI, host: str, port: int) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            proxy_headers=bool(services.settings.trusted_proxies),
            forwarded_allow_ips=services.settings.trusted_proxies or None,
        )
    )


async def _background(
    services: Services,
    roles: Collection[RoleName],
    channels: Collection[Channel],
    engine: LiveEngine | None,
) -> dict[str, asyncio.Task[None]]:
    stop = services.stop
    tasks: dict[str, asyncio.Task[None]] = {}
    if RoleName.WORKER in roles and engine is not None:
        worker = services.worker(services.assistant(engine))
        tasks["worker"] = asyncio.create_task(worker.run(stop))
    recompute = services.handoff.calendar_loaded if RoleName.JOBS in roles else None
    tasks["hours"] = asyncio.create_task(services.office_hours.follow(stop, recompute))
    tasks["values"] = asyncio.create_task(services.values.follow(services.signals, stop))
    tasks["articles"] = asyncio.create_task(services.knowledge_base.follow(services.signals, stop))
    if engine is not None:
        tasks["model"] = asyncio.create_task(engine.follow(services.signals, stop))
    if RoleName.JOBS in roles:
        await services.handoff.calendar_loaded()
        await services.forgetting().begin()
        await services.media_forgetting().begin()
        await services.reminders().begin()
        await services.file_cleaning().begin()
        tasks["jobs"] = asyncio.create_task(services.jobs().run(stop))
        tasks["clock"] = asyncio.create_task(watch(services.database, services.events, stop))
        if (courier := reading_courier(services)) is not None:
            tasks["readings"] = asyncio.create_task(courier.run(stop))
        tasks["attachments"] = asyncio.create_task(fetching(services, channels).run(stop))
        tasks["training"] = asyncio.create_task(services.trainer().run(stop))
    for channel in channels:
        if RoleName.SENDER in roles:
            delivery = channel.delivery(services)
            tasks[f"sender {channel.name}"] = asyncio.create_task(delivery.run(stop))
            relay = channel.typing(services, delivery)
            tasks[f"typing {channel.name}"] = asyncio.create_task(relay.run(stop))
        if RoleName.WEB in roles and channel.poll is not None:
            tasks[f"poll {channel.name}"] = asyncio.create_task(channel.poll(stop))
    return tasks


async def check_files(services: Services) -> None:
    """Raises WrongSetting when files can't be kept as the settings say; an outage passes."""
    settings = services.settings
    try:
        async with asyncio.timeout(FILES_SECONDS):
            await probe(services.media.shelf)
    except StoreRefuses as error:
        raise WrongSetting(
            f"OKNO_S3_ACCESS_KEY, OKNO_S3_SECRET_KEY: {settings.s3_endpoint} refuses them: they "
            "must allow to read, write, delete and list"
        ) from error
    except FileGone as error:
        raise WrongSetting(
            f"OKNO_MEDIA_URL: {settings.s3_endpoint} has no such bucket as {settings.media_url}"
        ) from error
    except (PermissionError, NotADirectoryError) as error:
        raise WrongSetting(
            f"OKNO_MEDIA_DIR: nothing can be written into {settings.media_dir} ({error.strerror})"
        ) from error
    except OSError as error:
        # Also the time that is over.
        log.error("okno.files_unreachable", error=type(error).__name__)


async def _check_secrets(services: Services) -> None:
    await services.staff.seal_secrets()
    if unreadable := await services.staff.unreadable_secrets():
        log.error(
            "okno.second_factor_unreadable",
            people=unreadable,
            hint="OKNO_SECRET_KEY is not the one it was: put the former one back, or reset the "
            "codes on /people or with: okno staff reset-code LOGIN",
        )


async def _until_stopped(stop: asyncio.Event, tasks: dict[str, asyncio.Task[None]]) -> None:
    """A task that ends before it was told to is a fault: stop everything, the supervisor
    (systemd, a container engine) starts the process anew."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
    for name, task in tasks.items():
        if task.done() and not stop.is_set():
            error = None if task.cancelled() else task.exception()
            log.error("okno.task_ended", task=name, error=type(error).__name__)
    stop.set()
    stopping.cancel()
