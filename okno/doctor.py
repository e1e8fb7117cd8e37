"""``okno doctor``: is everything in order, and if not, what to do."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from rich.console import Console
from sqlalchemy import func, select

from conversations import restored
from conversations.models import Quarantine
from knowledge_base.learning import store
from media.attachments import refused_hosts
from okno import profile as profiles
from okno.assemble import assemble
from okno.doctor_billing import billing_findings
from okno.doctor_channels import channel_findings
from okno.doctor_running import (
    certificate_end,
    process_findings,
    public_findings,
    running_findings,
)
from okno.findings import Finding
from okno.outages import of_database
from okno.rasa import rasa_findings
from okno.services import Services
from okno.settings import Settings
from okno.understanding import MODEL
from storage import migrate


async def examine(settings: Settings, console: Console, at: Sequence[str] = ()) -> int:
    """Print the findings; the exit code, 0 when all is well. ``at``: addresses of processes."""
    services = assemble(settings, profiles.load(settings.profile))
    bad = 0
    try:
        async for finding in _findings(services, at):
            mark = "[red]✗[/]" if finding.mend else "[green]✓[/]"
            console.print(f"{mark} {finding.what}", highlight=False)
            if finding.mend:
                bad += 1
                console.print(f"  {finding.mend}", highlight=False)
    finally:
        await services.close()
    return 1 if bad else 0


async def _findings(services: Services, at: Sequence[str] = ()) -> AsyncIterator[Finding]:
    yield Finding(f"settings and profile «{services.settings.profile}» are readable")
    try:
        async with asyncio.timeout(5):
            schema = await migrate.state(services.database)
    except Exception as error:
        yield Finding(
            f"the database does not answer ({of_database(error)})",
            "check OKNO_DATABASE_URL and that the server runs",
        )
        return
    async for finding in process_findings(at):
        yield finding
    if schema is migrate.Schema.OLDER:
        yield Finding("the database's schema is not up to date", "run: okno db upgrade")
        return
    if schema is migrate.Schema.NEWER:
        yield Finding("the database is of a later release: its processes are taking over")
    else:
        yield Finding("the database answers and its schema is up to date")
    async with services.database.read() as session:
        quarantined = (
            await session.execute(select(func.count()).select_from(Quarantine))
        ).scalar_one()
    if quarantined:
        yield Finding(
            f"{quarantined} events could not be stored as messages",
            "look into the table quarantine and report them",
        )
    async with services.database.read() as session:
        unsent, unanswered = await restored.held(session)
    if unsent or unanswered:
        yield Finding(
            f"after a restore {unsent} messages and {unanswered} conversations wait",
            "look at the inbox, then run: okno db release (or okno db release --discard)",
        )
    async with services.database.read() as session:
        hosts = await refused_hosts(session, services.database.clock.now())
    if hosts:
        named = ", ".join(f"{host} ({count})" for host, count in hosts.items())
        yield Finding(
            f"customers' files were not fetched from hosts that are not allowed: {named}",
            f"if they are the messenger's, add them to attachments.hosts in "
            f"profiles/{services.settings.profile}/company.yaml, restart, and press «Повторить» "
            "in the conversations",
        )
    if locked_out := await services.staff.unreadable_secrets():
        yield Finding(
            f"{locked_out} people cannot log in with their codes: OKNO_SECRET_KEY is not the one "
            "it was",
            "put the former key back, or run: okno staff reset-code LOGIN",
        )
    async for finding in running_findings(services):
        yield finding
    # The first process to start takes the file over; from then on all have it from the database.
    async with services.database.read() as session:
        trained = await store.active(session) is not None
    if trained or MODEL.exists():
        yield Finding("the understanding is trained")
    else:
        yield Finding("the understanding is not trained", "run: okno nlu train")
    async for finding in rasa_findings(services.settings):
        yield finding
    async for finding in channel_findings(services):
        yield finding
    async for finding in billing_findings(services):
        yield finding
    now = services.database.clock.now()
    for finding in await public_findings(services.settings.public_url, now, certificate_end):
        yield finding
