"""The ``okno`` command."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from billing.importing.cli import Resources as ImportResources
from billing.importing.cli import add_to as add_import
from billing.readings.export_cli import add_to as add_export
from knowledge_base.cli import Resources
from knowledge_base.cli import commands as kb_commands
from knowledge_base.errors import KnowledgeBaseError
from nlu.cli import app as nlu_app
from okno import logs, memory
from okno import profile as profiles
from okno import settings as environment
from okno.errors import OknoError, WrongSetting
from staff.errors import StaffError
from storage.errors import StorageError

if TYPE_CHECKING:
    from okno.services import Services

app = typer.Typer(
    name="okno",
    help="Единое окно: ассистент и рабочее место оператора.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="The database.", no_args_is_help=True)
staff = typer.Typer(help="People who work in Okno.", no_args_is_help=True)
profile = typer.Typer(help="The company's facts: its file and the editors' pages.",
                      no_args_is_help=True)  # fmt: skip
app.add_typer(profile, name="profile")
app.add_typer(db, name="db")
app.add_typer(staff, name="staff")
app.add_typer(nlu_app, name="nlu")
app.add_typer(kb_commands(lambda: _knowledge_base()), name="kb")
customer = typer.Typer(help="What is kept of one customer (152-ФЗ).", no_args_is_help=True)
app.add_typer(customer, name="customer")
media = typer.Typer(help="Customers' and articles' files.", no_args_is_help=True)
app.add_typer(media, name="media")
billing = typer.Typer(help="Accounts, readings and money.", no_args_is_help=True)
add_import(billing, lambda: _importing())
add_export(billing, lambda: _importing().database)
app.add_typer(billing, name="billing")

console = Console()
errors = Console(stderr=True)
T = TypeVar("T")

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]


@contextlib.contextmanager
def _one_clear_line() -> Iterator[None]:
    try:
        yield
    except (OknoError, StorageError, StaffError) as error:
        _tell(str(error))
        raise typer.Exit(2) from error
    except Exception as error:
        from okno.outages import in_words

        said = in_words(error)
        if said is None:
            raise
        _tell(said)
        raise typer.Exit(1) from error


def _tell(problem: str) -> None:
    errors.print("[red]okno:[/]", escape(problem), highlight=False, soft_wrap=True)


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            help="Port to listen on; 8080 for pages. Without the role web only /healthz, /readyz "
            "and /metrics answer there, and nothing does when it is left out.",
            min=1,
            max=65535,
            show_default=False,
        ),
    ] = None,
    roles: Annotated[
        str,
        typer.Option(help="Comma-separated: web, worker, sender, jobs (the scheduler)."),
    ] = "web,worker,sender,jobs",
) -> None:
    """Serve a company: pages, messengers, assistant, delivery."""
    with _one_clear_line():
        settings = environment.load()
        logs.configure(settings.log_format)
        chosen = _roles(roles)
        _with_services(lambda services: _serve(services, chosen, host=host, port=port))


async def _serve(services: "Services", roles: set[str], *, host: str, port: int | None) -> None:
    from okno.assemble import sqlite_file
    from okno.process import READERS, RoleName, serve
    from okno.sqlite_lock import lock
    from okno.understanding import open_live
    from storage import migrate

    memory.share_pools()
    file = sqlite_file(services.settings)
    with lock(file) if file is not None else contextlib.nullcontext():
        if await migrate.state(services.database) is migrate.Schema.OLDER:
            raise WrongSetting("the database's schema is not up to date: run `okno db upgrade`")
        chosen = {RoleName(role) for role in roles}
        engine = await open_live(services) if chosen & READERS else None
        await serve(services, chosen, host=host, port=port, engine=engine)


def _roles(text: str) -> set[str]:
    known = {"web", "worker", "sender", "jobs"}
    named = {role.strip() for role in text.split(",") if role.strip()}
    roles = {"jobs" if role == "scheduler" else role for role in named}
    if not roles or roles - known:
        raise WrongSetting(f"--roles: choose from {', '.join(sorted(known))}")
    return roles


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    closed: Annotated[
        bool, typer.Option("--closed", help="Office hours instead of round the clock.")
    ] = False,
) -> None:
    """Prepare the fictional company's data and serve it. No tokens are needed."""
    with _one_clear_line():
        settings = environment.load()
        logs.configure(settings.log_format, level=logging.WARNING)
        _with_services(lambda services: _demo(services, host=host, port=port), closed=closed)


async def _demo(services: "Services", *, host: str, port: int) -> None:
    from okno.assemble import sqlite_file
    from okno.demo import fill, welcome
    from okno.process import RoleName, serve
    from okno.sqlite_lock import lock
    from okno.understanding import open_live
    from storage import migrate

    memory.share_pools()
    settings = services.settings
    file = sqlite_file(settings)
    with lock(file) if file is not None else contextlib.nullcontext():
        await migrate.upgrade(services.database)
        logins = await fill(services, console)
        engine = await open_live(services, console)
        address = settings.public_url or f"http://{host}:{port}"
        welcome(console, logins, address, telegram=settings.telegram_token is not None)
        await serve(services, set(RoleName), host=host, port=port, engine=engine)


@app.command()
def chat() -> None:
    """Talk to the assistant in the terminal, with the demo's data in a database of its own."""
    with _one_clear_line():
        from okno.terminal import talk

        logs.configure("console", level=logging.ERROR)
        _run(talk(environment.load(), console))


@app.command()
def doctor(
    at: Annotated[
        list[str] | None,
        typer.Option(help="A process to ask, e.g. http://10.0.0.5:8080; may be given repeatedly."),
    ] = None,
) -> None:
    """Check settings, database, processes and tokens, and say what to do."""
    with _one_clear_line():
        from okno.doctor import examine

        logs.configure("console", level=logging.ERROR)
        raise typer.Exit(_run(examine(environment.load(), console, at or ())))


@db.command("upgrade")
def upgrade() -> None:
    """Bring the schema up to date."""
    with _one_clear_line():
        from storage import migrate

        _with_services(lambda services: migrate.upgrade(services.database))
        console.print("The schema is up to date.")


@db.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write, e.g. okno-2026-11-21.zip.")],
    no_files: Annotated[
        bool, typer.Option("--no-files", help="Leave out customers' and articles' files.")
    ] = False,
) -> None:
    """Write all data and kept files into one archive; the installation may go on serving."""
    with _one_clear_line():
        from okno import moving

        moved = _with_services(
            lambda services: moving.backup(services, file, console, files=not no_files)
        )
        console.print(
            f"{moved.rows} rows and {moved.files} files are in {file}. Keep it where only you can "
            "read it."
        )


@db.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="An archive that `okno db backup` wrote.")],
) -> None:
    """Fill a new database from an archive. What was queued waits for `okno db release`."""
    with _one_clear_line():
        from okno import moving

        console.print(_with_services(lambda services: moving.restore(services, file, console)))


@db.command("copy")
def copy(
    to: Annotated[str, typer.Argument(help="The new database: postgresql://user@host/name.")],
) -> None:
    """Move to another database, e.g. from SQLite to PostgreSQL. Stop serving first."""
    with _one_clear_line():
        from okno import moving

        rows = _with_services(lambda services: moving.copy(services, to, console))
        console.print(f"{rows} rows are copied. Set OKNO_DATABASE_URL to the new address.")


@db.command("release")
def release(
    discard: Annotated[
        bool, typer.Option("--discard", help="Never send it: it was sent before the loss.")
    ] = False,
) -> None:
    """Send and answer what has been waiting since a restore."""
    with _one_clear_line():
        from okno import moving

        said = _with_services(lambda services: moving.release(services, discard=discard))
        console.print(said)


@media.command("copy")
def media_copy(
    back: Annotated[bool, typer.Option("--back", help="From the bucket to the folder.")] = False,
) -> None:
    """Copy kept files from the folder (OKNO_MEDIA_DIR) to the bucket (OKNO_MEDIA_URL)."""
    with _one_clear_line():
        from okno import moving

        count = _with_services(lambda services: moving.copy_files(services, console, back=back))
        console.print(f"{count} files are there.")


@customer.command("find")
def customer_find(
    text: Annotated[str, typer.Argument(help="A name, phone, account number or chat id.")],
) -> None:
    """Show the numbers of the customers whom the text fits."""
    with _one_clear_line():
        from okno import customer_data, moving

        async def work(services: "Services") -> list[customer_data.Found]:
            await moving.check_schema(services.database)
            async with services.database.read() as session:
                return await customer_data.find(session, text)

        found = _with_services(work)
        for one in found:
            names, channels = ", ".join(one.names) or "—", ", ".join(one.channels)
            last = f"{one.last_message_at:%Y-%m-%d}"
            console.print(f"{one.contact_id}  {names}  ({channels}, last wrote {last})")
        if not found:
            console.print("Nobody.")


@customer.command("export")
def customer_export(
    number: Annotated[int, typer.Argument(help="As `okno customer find` shows it.")],
    file: Annotated[Path, typer.Argument(help="The archive to write, e.g. customer.zip.")],
) -> None:
    """Write what is kept of a customer: his conversations, data and files."""
    with _one_clear_line():
        from okno import customer_data, moving

        async def work(services: "Services") -> int:
            await moving.check_schema(services.database)
            return await customer_data.export(services.database, services.media, number, file)

        count = _with_services(work)
        console.print(f"{count} messages are in {file}.")


@customer.command("erase")
def customer_erase(
    number: Annotated[int, typer.Argument(help="As `okno customer find` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a customer: his words, names, phones and files. It can't be undone."""
    with _one_clear_line():
        from okno import customer_data, moving

        async def work(services: "Services") -> customer_data.Erased:
            await moving.check_schema(services.database)
            return await customer_data.erase(services.database, number)

        if not yes:
            typer.confirm(f"Forget customer {number} for good?", abort=True)
        console.print(customer_data.answer(_with_services(work)), highlight=False)


@staff.command("add")
def add(
    login: str,
    name: Annotated[str, typer.Option(help="As customers see it: «Вам отвечает Ольга».")],
    role: Annotated[str, typer.Option(help="operator, supervisor, editor or administrator.")],
    password: Annotated[str, typer.Option(help="Made and printed when left out.")] = "",
) -> None:
    """Add a person; the first administrator is made this way."""
    with _one_clear_line():
        from staff.models import Role

        if role not in set(Role):
            raise WrongSetting(f"--role: choose from {', '.join(Role)}")
        chosen = password or secrets.token_urlsafe(9)
        _with_services(
            lambda services: services.staff.add(
                login=login, display_name=name, role=Role(role), password=chosen
            )
        )
        _print_password(login, password, chosen)


@staff.command("reset-password")
def reset_password(
    login: str,
    password: Annotated[str, typer.Option(help="Made and printed when left out.")] = "",
) -> None:
    """Set a new password and end every session of this person."""
    with _one_clear_line():
        chosen = password or secrets.token_urlsafe(9)
        _with_services(lambda services: services.staff.reset_password(login, chosen))
        _print_password(login, password, chosen)


@staff.command("reset-code")
def reset_code(login: str) -> None:
    """Forget the second factor of this person: the next login sets it up anew."""
    with _one_clear_line():
        _with_services(lambda services: services.staff.reset_second_factor(login))
        console.print(f"{login}: the authenticator is set up anew at the next login.")


@profile.command("diff")
def profile_diff() -> None:
    """Show where company.yaml says something else than «Справочники»; exit code 1 if it does."""
    with _one_clear_line():
        from okno import profile_cli

        lines = _with_services(profile_cli.difference)
        console.print("\n".join(lines) or "The same.", highlight=False, markup=False)
    raise typer.Exit(1 if lines else 0)


@profile.command("apply")
def profile_apply(
    since: Annotated[
        str, typer.Option("--from", help="From which day, e.g. 2027-01-01; today by default.")
    ] = "",
) -> None:
    """Take the facts of company.yaml over into «Справочники»."""
    with _one_clear_line():
        from okno import profile_cli

        try:
            day = date.fromisoformat(since) if since else None
            changed = _with_services(lambda services: profile_cli.apply(services, day))
        except (ValueError, KnowledgeBaseError) as error:
            raise WrongSetting(str(error)) from error
        console.print(f"Taken over: {', '.join(changed)}." if changed else "The same already.")


def _services(*, closed: bool = False) -> "Services":
    from okno.assemble import assemble

    settings = environment.load()
    return assemble(settings, profiles.load(settings.profile), closed=closed)


def _with_services(
    work: Callable[["Services"], Coroutine[Any, Any, T]], *, closed: bool = False
) -> T:
    """Do it and close everything, also after an error: an open connection keeps a process alive."""

    async def whole() -> T:
        services = _services(closed=closed)
        try:
            return await work(services)
        finally:
            await services.close()

    return _run(whole())


def _importing() -> ImportResources:
    with _one_clear_line():
        services = _services()
    return ImportResources(services.database, services.zone)


def _knowledge_base() -> Resources:
    with _one_clear_line():
        variables = _with_services(_stored_variables)
        services = _services()
    return Resources(services.database, services.media, variables, services.zone)


async def _stored_variables(services: "Services") -> Mapping[str, Any]:
    """As the editors' pages have them; of the profile where there is no database yet."""
    from okno.assemble import sqlite_file
    from storage import migrate

    file = sqlite_file(services.settings)
    if (file is None or file.exists()) and await migrate.is_current(services.database):
        await services.values.refresh()
    return services.variables()


def _print_password(login: str, given: str, chosen: str) -> None:
    console.print(f"{login}: done." if given else f"{login}: the password is {chosen}")
