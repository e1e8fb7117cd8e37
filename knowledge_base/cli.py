"""``okno kb``: articles in and out, and checked."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from conversations.events import Events
from knowledge_base import spreadsheet
from knowledge_base.article_text import ArticleText
from knowledge_base.errors import FilesUnfit, Unfit
from knowledge_base.front_matter import parse
from knowledge_base.markdown_files import Imported, export_dir, import_dir, read_dir
from knowledge_base.style import advice
from storage.database import Database
from storage.signals import Signals

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Resources:
    """What the commands work on; ``variables`` are today's values, days the company's."""

    database: Database
    variables: Mapping[str, Any]
    zone: tzinfo


Folder = Annotated[Path, typer.Argument(help="Folder of Markdown files.", file_okay=False)]
ExistingFolder = Annotated[
    Path, typer.Argument(help="Folder of Markdown files.", exists=True, file_okay=False)
]


def commands(resources: Callable[[], Resources]) -> typer.Typer:
    """The sub-application; ``resources`` is called when a command runs, not before."""
    app = typer.Typer(help="The knowledge base.", no_args_is_help=True)

    @app.command("import")
    def import_(
        folder: ExistingFolder,
        overwrite: Annotated[
            bool, typer.Option("--overwrite", help="Replace what was edited in the editor, too.")
        ] = False,
    ) -> None:
        """Publish the articles of a folder; what is there already is left as it is."""
        with_ = resources()
        result = _or_exit(lambda: asyncio.run(import_articles(with_, folder, overwrite=overwrite)))
        typer.echo(
            f"Added {len(result.added)}, updated {len(result.updated)}, "
            f"unchanged {len(result.unchanged)}."
        )
        for topic in result.kept:
            typer.echo(f"{topic}: edited in the editor, kept (--overwrite replaces it)")

    @app.command("import-xlsx")
    def import_xlsx(
        file: Annotated[
            Path, typer.Argument(help="Columns «Вопрос», «Ответ», «Варианты», «Тема».", exists=True)
        ],
    ) -> None:
        """Save the questions and answers of a spreadsheet as drafts; nothing is published."""
        try:
            drafts = spreadsheet.read(file.read_bytes())
        except Unfit as unfit:
            for problem in unfit.problems:
                typer.echo(f"{file}:{problem.line}: {problem.message}", err=True)
            raise typer.Exit(1) from None
        saved = asyncio.run(save_drafts(resources(), drafts))
        typer.echo(f"Saved {len(saved)} drafts, unchanged {len(drafts) - len(saved)}.")

    @app.command("export")
    def export(folder: Folder) -> None:
        """Write every published article into a folder."""
        written = asyncio.run(export_articles(resources(), folder))
        typer.echo(f"Wrote {len(written)} articles to {folder}.")

    @app.command("check")
    def check(
        folder: ExistingFolder,
        on: Annotated[
            datetime | None,
            typer.Option("--on", formats=["%Y-%m-%d"], help="As of this day instead of today."),
        ] = None,
    ) -> None:
        """Check the articles of a folder that is the whole base: fields, variables, links, buttons,
        dates, repeated questions and answers, buttons that go in a circle.

        Advice on style is printed too; it is no problem.
        """
        with_ = resources()
        day = (on or with_.database.clock.now().astimezone(with_.zone)).date()
        _print_advice(folder)
        files = _or_exit(lambda: read_dir(folder, with_.variables, whole_on=day))
        typer.echo(f"{len(files)} articles, no problems.")

    return app


def _print_advice(folder: Path) -> None:
    for path in sorted(folder.glob("*.md")):
        try:
            file = parse(path.read_bytes().decode("utf-8-sig"))
        except (Unfit, UnicodeDecodeError):
            continue  # told as a problem
        for found in map(file.locate, advice(file.text)):
            typer.echo(f"{path}:{found.line}: {found.message}")


async def import_articles(with_: Resources, folder: Path, *, overwrite: bool) -> Imported:
    """Raises FilesUnfit, and then nothing was written."""
    events = Events(Signals(with_.database))
    try:
        async with with_.database.write() as tx:
            return await import_dir(
                tx, folder, values=with_.variables, events=events, overwrite=overwrite
            )
    finally:
        await with_.database.close()


async def save_drafts(with_: Resources, drafts: Mapping[str, ArticleText]) -> list[str]:
    try:
        async with with_.database.write() as tx:
            return await spreadsheet.import_drafts(tx, drafts, author_id=None)
    finally:
        await with_.database.close()


async def export_articles(with_: Resources, folder: Path) -> list[Path]:
    try:
        async with with_.database.read() as session:
            return await export_dir(session, folder)
    finally:
        await with_.database.close()


def _or_exit(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except FilesUnfit as unfit:
        typer.echo(str(unfit), err=True)
        raise typer.Exit(1) from None
