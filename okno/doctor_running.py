"""``okno doctor``: does the installation run, wherever its processes are?

What they hold and leave undone stands in the database, so any machine with the same settings can
tell; only what the disk says is of this one.
"""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.models import BotAccount
from media.errors import FileGone, StoreDown, StoreRefuses
from media.models import MediaFile
from media.whole import probe
from okno.assemble import sqlite_file
from okno.findings import Finding
from okno.services import Services
from okno.waiting import OLDEST_UNHANDLED, OLDEST_UNSENT, existing
from storage import jobs, leases
from storage.jobs import count_late

LATE = timedelta(minutes=5)
# A dead process's work is taken over within this time.
TAKEN_OVER = 15.0
UNHANDLED = timedelta(minutes=1)
UNSENT = timedelta(minutes=5)
LEAST_FREE = 2 * 2**30
MOST_SKEW = timedelta(seconds=2)
CERTIFICATE_DAYS = 14
WITHIN = 10.0
# Enough to notice a folder that is not the one it was.
NEWEST_FILES = 20

# From host and port to the day on which the certificate ends; raises OSError.
Look = Callable[[str, int], Awaitable[datetime]]


async def running_findings(services: Services) -> AsyncIterator[Finding]:
    async with services.database.read() as session:
        found = await _leases(session, services)
        found += await _undone(session, services.database.clock.now())
        found += await _clocks(session, services)
    for finding in found:
        yield finding
    if late := await count_late(services.database, LATE):
        yield Finding(
            f"{late} jobs are late",
            "is a process with the role «jobs» running? If so, its log says which fails: "
            "storage.job_failed",
        )
    for finding in _disk(services):
        yield finding
    files = await _files(services)
    yield files
    if not files.mend and (lost := await _lost_files(services)):
        yield lost


async def _leases(session: AsyncSession, services: Services) -> list[Finding]:
    ages = await leases.ages(session, services.database)
    if not ages:
        return [Finding("no process has served this database yet")]
    rows = await session.execute(select(BotAccount.id, BotAccount.channel, BotAccount.name))
    settings = services.settings
    ours = {
        (channel, bot.name)
        for channel in services.profile.channels
        if channel != "web"
        for bot in settings.bots(channel)
    } | {("web", "main")}
    wanted = {jobs.LEASE: ("scheduled work", "jobs")} | {
        f"sender:{account}": (f"sending to {channel}", "sender")
        for account, channel, name in rows
        if (channel, name) in ours
    }
    found = [
        Finding(
            f"{what}: nobody does it{_since(ages.get(name))}",
            f"start a process with the role «{role}»: okno serve --roles {role}",
        )
        for name, (what, role) in wanted.items()
        if ages.get(name, float("inf")) > TAKEN_OVER
    ]
    return found or [Finding("scheduled work and sending have their processes")]


def _since(age: float | None) -> str:
    return "" if age is None else f" since {timedelta(seconds=round(age))} ago"


async def _undone(session: AsyncSession, now: datetime) -> list[Finding]:
    unhandled: datetime | None = (await session.execute(OLDEST_UNHANDLED)).scalar_one()
    unsent: datetime | None = (await session.execute(OLDEST_UNSENT)).scalar_one()
    found = []
    if unhandled is not None and now - unhandled > UNHANDLED:
        found.append(
            Finding(
                f"the oldest message of a customer waits for the assistant since {unhandled:%F %T}",
                "is a process with the role «worker» running? Its log says why it does not answer",
            )
        )
    if unsent is not None and now - unsent > UNSENT:
        found.append(
            Finding(
                f"the oldest answer waits to be sent since {unsent:%F %T}",
                "is a process with the role «sender» running? Below stands what messengers say",
            )
        )
    return found or [Finding("nothing waits to be answered or sent longer than it should")]


async def _clocks(session: AsyncSession, services: Services) -> list[Finding]:
    if services.database.is_sqlite:
        return []
    theirs: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    skew = services.database.clock.now() - theirs
    if abs(skew) <= MOST_SKEW:
        return []
    return [
        Finding(
            f"the clock of this machine and that of the database differ by "
            f"{skew.total_seconds():+.0f} s",
            "switch on the synchronisation of time on both: timedatectl set-ntp true",
        )
    ]


def _disk(services: Services) -> list[Finding]:
    file = sqlite_file(services.settings)
    kept = [services.settings.media_dir, *([file.parent] if file else ())]
    free: dict[int, tuple[int, Path]] = {}
    for folder in kept:
        there = existing(folder)
        free[there.stat().st_dev] = (shutil.disk_usage(there).free, there)
    return [
        Finding(
            f"only {left / 2**30:.1f} GB are free at {there}",
            "make room or enlarge the disk: a full one stops everything",
        )
        for left, there in free.values()
        if left < LEAST_FREE
    ]


async def _files(services: Services) -> Finding:
    """Written, read and removed."""
    settings = services.settings
    where = settings.media_url or str(settings.media_dir)
    mend = f"check the rights of {where} and the room on its disk"
    if settings.media_url:
        mend = "check OKNO_MEDIA_URL, OKNO_S3_ENDPOINT and the network"
    try:
        async with asyncio.timeout(WITHIN):
            await probe(services.media.shelf)
    except StoreRefuses:
        return Finding(
            f"files: {settings.s3_endpoint} refuses our key",
            "check OKNO_S3_ACCESS_KEY and OKNO_S3_SECRET_KEY; the key must allow to read, write, "
            "delete and list",
        )
    except FileGone:
        return Finding(f"files: {settings.s3_endpoint} has no such bucket as {where}", mend)
    except (StoreDown, OSError) as error:
        return Finding(f"files can't be kept at {where} ({type(error).__name__})", mend)
    return Finding(f"files are written to {where} and read from it")


async def _lost_files(services: Services) -> Finding | None:
    """After a move or a restore the rows may be here and the bytes elsewhere."""
    async with services.database.read() as session:
        rows = await session.scalars(
            select(MediaFile.digest).order_by(MediaFile.id.desc()).limit(NEWEST_FILES)
        )
        newest = list(rows)
    try:
        async with asyncio.timeout(WITHIN):
            lost = [one for one in newest if not await services.media.shelf.has(one)]
    except (StoreDown, OSError):
        return None  # another time: it answered a moment ago
    if not lost:
        return None
    where = services.settings.media_url or str(services.settings.media_dir)
    return Finding(
        f"{len(lost)} of the newest {len(newest)} files of the database are not at {where}",
        "bring them from where they were: copy the folder, run okno media copy, or restore a "
        "back-up that has files",
    )


# --- From outside -------------------------------------------------------------------------


async def certificate_end(host: str, port: int) -> datetime:
    """Of a certificate that this machine trusts. Raises OSError, TimeoutError."""
    trust = await asyncio.to_thread(ssl.create_default_context)
    async with asyncio.timeout(WITHIN):
        _, writer = await asyncio.open_connection(host, port, ssl=trust)
        try:
            certificate = writer.get_extra_info("peercert")
        finally:
            writer.transport.abort()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


async def public_findings(public_url: str | None, now: datetime, look: Look) -> list[Finding]:
    if public_url is None or not public_url.startswith("https://"):
        return []
    url = httpx.URL(public_url)
    try:
        end = await look(url.host, url.port or 443)
    except ssl.SSLCertVerificationError as error:
        return [
            Finding(
                f"{public_url}: its certificate is not trusted ({error.verify_message})",
                "messengers and browsers refuse it, too: get a new one, with the whole chain",
            )
        ]
    except OSError as error:
        return [
            Finding(
                f"{public_url} can't be reached from here ({type(error).__name__})",
                "does the proxy run, does the name lead to it? If all is well from outside, only "
                "this network does not let it be reached from inside",
            )
        ]
    days = (end - now).days
    if days < CERTIFICATE_DAYS:
        return [Finding(f"the certificate of {public_url} ends in {days} days", "renew it now")]
    return [Finding(f"{public_url} answers; its certificate is good for {days} days")]


async def process_findings(addresses: Sequence[str]) -> AsyncIterator[Finding]:
    """Of processes named by «http://host:port», wherever they are."""
    async with httpx.AsyncClient(timeout=WITHIN, trust_env=False) as client:
        for address in addresses:
            try:
                answer = await client.get(f"{address.rstrip('/')}/readyz")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                yield Finding(
                    f"{address} does not answer ({type(error).__name__})",
                    "does the process run, with --host and --port, and does the network let us in?",
                )
                continue
            if answer.status_code == httpx.codes.OK:
                yield Finding(f"{address} is ready")
            else:
                yield Finding(f"{address}: {answer.text[:100]}", "its log says more")
