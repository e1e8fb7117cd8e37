"""Back-up, restore, and the move to another database."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from conversations import restored
from media import whole
from media.shelf import FolderShelf
from media.whole import Whole
from okno.assemble import sqlite_file
from okno.errors import WrongSetting
from okno.services import Services
from okno.settings_media import bucket
from okno.sqlite_lock import lock
from storage import archive, leases, migrate
from storage.database import Database

# More than can have been given out between a back-up and the loss. Browsers and the company's
# billing know those keys: nothing new may bear one of them.
LOST_KEYS = 100_000_000


async def backup(
    services: Services, file: Path, console: Console, *, files: bool = True
) -> archive.Moved:
    """Write the archive. The installation may be serving meanwhile. ``files``: those of customers
    and articles too."""
    await check_schema(services.database)
    with _progress(console) as shown:
        kept = Whole(services.media.shelf) if files else None
        return await archive.write(services.database, file, kept, shown)


async def restore(services: Services, file: Path, console: Console) -> str:
    """Fill the new database that the settings name; what to do next."""
    archive.check(file)
    with _not_serving(services), _progress(console) as shown:
        await migrate.upgrade(services.database)
        moved = await archive.read(
            services.database,
            file,
            Whole(services.media.shelf),
            shown,
            then=restored.hold,
            gap=LOST_KEYS,
        )
    async with services.database.read() as session:
        unsent, unanswered = await restored.held(session)
    waiting = (
        f" {unsent} messages and {unanswered} conversations wait: okno db release sends and "
        "answers them, okno db release --discard leaves them."
        if unsent or unanswered
        else ""
    )
    return f"{moved.rows} rows and {moved.files} files are restored.{waiting}"


async def copy(services: Services, to: str, console: Console) -> int:
    """Copy everything into an empty database; the rows. Nothing is held back: no time passed."""
    target = Database(_checked(to))
    try:
        if target.url == services.database.url:
            raise WrongSetting("okno db copy: this is the present database; name the new one")
        await check_schema(services.database)
        await _check_idle(services.database)
        with (
            _not_serving(services),
            tempfile.TemporaryDirectory(prefix="okno-copy-") as folder,
            _progress(console) as shown,
        ):
            file = Path(folder) / "okno.zip"
            await archive.write(services.database, file, progress=shown)
            await migrate.upgrade(target)
            return (await archive.read(target, file, progress=shown)).rows
    finally:
        await target.close()


async def copy_files(services: Services, console: Console, *, back: bool) -> int:
    """From the folder to the bucket, or ``back``; how many. What is there already stays."""
    address = bucket(services.settings)
    if address is None:
        raise WrongSetting("okno media copy: set OKNO_MEDIA_URL and OKNO_S3_… for this command")
    from media.s3 import S3Shelf

    folder, far = FolderShelf(services.settings.media_dir), S3Shelf(address)
    with _progress(console) as shown:
        source, target = (far, folder) if back else (folder, far)
        return await whole.copy(source, target, lambda count: shown(archive.FILES, count))


async def release(services: Services, *, discard: bool) -> str:
    """Let go what a restore held back; how much it was."""
    async with services.database.write() as tx:
        unsent, unanswered = await restored.held(tx.session)
        await (restored.discard(tx) if discard else restored.release(tx))
    done = "are left as they are" if discard else "are being sent and answered"
    return f"{unsent} messages and {unanswered} conversations {done}."


def _checked(url: str) -> str:
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError as error:
        raise WrongSetting("okno db copy: write postgresql://user@host/name") from error
    if backend not in {"sqlite", "postgresql"}:
        raise WrongSetting(f"okno db copy: {backend} is not supported; use sqlite or postgresql")
    return url


async def check_schema(database: Database) -> None:
    """Raises WrongSetting unless the schema is this release's own."""
    match await migrate.state(database):
        case migrate.Schema.OLDER:
            raise WrongSetting("the database's schema is not up to date: run `okno db upgrade`")
        case migrate.Schema.NEWER:
            raise WrongSetting("the database is of a later release: run the command of that one")


async def _check_idle(database: Database) -> None:
    """Raises WrongSetting while processes serve a PostgreSQL: what comes now would stay behind."""
    if database.is_sqlite:
        return
    async with database.read() as session:
        held = await leases.ages(session, database)
    if any(age < leases.LEASE_TTL.total_seconds() for age in held.values()):
        raise WrongSetting("okno db copy: processes serve this database: stop them all first")


@contextlib.contextmanager
def _not_serving(services: Services) -> Iterator[None]:
    """On SQLite a serving process is noticed by the lock of its file."""
    file = sqlite_file(services.settings)
    with lock(file) if file is not None else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[archive.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"))
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, int] = {}

        def show(table: str, rows: int) -> None:
            if table not in tasks:
                tasks[table] = int(bar.add_task(table, total=None))
            bar.update(tasks[table], completed=rows)  # type: ignore[arg-type]

        yield show
