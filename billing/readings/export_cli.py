"""The command ``okno billing export-readings``."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from billing.readings.export import Encoding, Exported, Format, export, month
from storage.database import Database


def add_to(app: typer.Typer, database: Callable[[], Database]) -> None:
    """``database`` is called when the command runs, not before."""

    @app.command("export-readings")
    def export_readings(
        period: Annotated[str, typer.Option(help="The month they count for, «2026-11».")],
        format: Annotated[Format, typer.Option(help="The file's kind.")] = Format.CSV,
        encoding: Annotated[Encoding, typer.Option(help="Of a CSV file.")] = Encoding.UTF_8,
        out: Annotated[
            Path | None, typer.Option(help="readings-PERIOD.FORMAT when left out.", dir_okay=False)
        ] = None,
        all: Annotated[bool, typer.Option("--all", help="What was exported before too.")] = False,
    ) -> None:
        """The register of accepted readings that were not exported yet; they are marked."""
        try:
            first = month(period)
        except ValueError as error:
            raise typer.BadParameter("write it as 2026-11", param_hint="--period") from error
        path = out or Path(f"readings-{first:%Y-%m}.{format.value}")

        async def run() -> Exported:
            opened = database()
            try:
                return await export(
                    opened, path, period=first, format=format, encoding=encoding, again=all
                )
            finally:
                await opened.close()

        done = asyncio.run(run())
        typer.echo(f"{path}: {done.readings} readings, {done.lines} lines.")
