"""The command ``okno billing import``."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from billing.importing.errors import UnusableFile
from billing.importing.kinds import KINDS
from billing.importing.run import Imported, import_file
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Resources:
    """``zone``: in whose days the file is written."""

    database: Database
    zone: ZoneInfo


def add_to(app: typer.Typer, resources: Callable[[], Resources]) -> None:
    """``resources`` is called when the command runs, not before."""

    @app.command("import")
    def import_(
        file: Annotated[Path, typer.Argument(help="CSV or XLSX.", exists=True, dir_okay=False)],
        kind: Annotated[
            str, typer.Option(help=f"{', '.join(KINDS)}; known by the columns when left out.")
        ] = "",
        report: Annotated[
            Path | None, typer.Option(help="Rejected rows; FILE.rejected.csv when left out.")
        ] = None,
    ) -> None:
        """Accounts, meters, charges or payments from a file; again changes nothing.

        Ends with 1 when rows were rejected.
        """
        if kind and kind not in KINDS:
            raise typer.BadParameter(f"choose from {', '.join(KINDS)}", param_hint="--kind")
        try:
            result = asyncio.run(_import(resources(), file, kind or None, report))
        except UnusableFile as error:
            typer.echo(f"okno: {error}", err=True)
            raise typer.Exit(2) from error
        typer.echo(f"{result.kind}: {result.taken} rows taken, {result.rejected} rejected.")
        if result.report is not None:
            typer.echo(f"See {result.report}")
            raise typer.Exit(1)


async def _import(with_: Resources, file: Path, kind: str | None, report: Path | None) -> Imported:
    percentage = TextColumn("{task.percentage:>3.0f}%")
    columns = (TextColumn("{task.description}"), BarColumn(), percentage, TimeRemainingColumn())
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(file.name, total=None)
            return await import_file(
                with_.database,
                file,
                with_.zone,
                kind=kind,
                report=report,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        await with_.database.close()
