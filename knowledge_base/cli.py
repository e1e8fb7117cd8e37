"""``okno kb``: articles in and out, and checked."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from conversations.events import Events
from knowledge_base import published_check, spreadsheet
from knowledge_base.article_text import ArticleText
from knowledge_base.errors import FilesUnfit, Unfit
from knowledge_base.front_matter import parse
from knowledge_base.markdown_files import Imported, export_dir, import_dir, read_dir
from knowledge_base.style import advice
from media.errors import FileGone
from media.store import MediaStore
from storage import migrate
from storage.database import Database
from storage.signals import Signals

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Resources:
    """What the commands work on; ``variables`` are today's values, days the company's."""

    database: Database
    media: MediaStore
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
        """Publish the articles of a folder with their files; what is there already is left."""
        with_ = resources()
        result = _or_exit(lambda: _run(with_, import_articles(with_, folder, overwrite=overwrite)))
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
        with_ = resources()
        saved = _run(with_, save_drafts(with_, drafts))
        typer.echo(f"Saved {len(saved)} drafts, unchanged {len(drafts) - len(saved)}.")

    @app.command("export")
    def export(folder: Folder) -> None:
        """Write every published article, and the files that they show, into a folder."""
        with_ = resources()
        try:
            written = _run(with_, export_articles(with_, folder))
        except FileGone as gone:
            typer.echo(f"The bytes of a picture or a document are lost: {gone}", err=True)
            raise typer.Exit(1) from None
        typer.echo(f"Wrote {len(written)} articles to {folder}.")

    @app.command("check")
    def check(
        folder: Annotated[
            Path | None,
            typer.Argument(
                help="Folder of Markdown files; else the database.", exists=True, file_okay=False
            ),
        ] = None,
        on: Annotated[
            datetime | None,
            typer.Option("--on", formats=["%Y-%m-%d"], help="As of this day instead of today."),
        ] = None,
    ) -> None:
        """Check what is published, or the articles of a folder that is the whole base: fields,
        variables, links, pictures and documents, buttons, dates, repeated questions and answers,
        buttons that go in a circle.

        Advice on style is printed too; it is no problem.
        """
        with_ = resources()
        day = (on or with_.database.clock.now().astimezone(with_.zone)).date()
        if folder is None:
            checked = _run(with_, check_published(with_, day))
            for line in checked.advice:
                typer.echo(line)
            for line in checked.problems:
                typer.echo(line, err=True)
            if checked.problems:
                raise typer.Exit(1)
            typer.echo(f"{checked.articles} published articles, no problems.")
            return
        _print_advice(folder)
        read = _or_exit(lambda: read_dir(folder, with_.variables, whole_on=day))
        typer.echo(f"{len(read.articles)} articles, no problems.")

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
    return await import_dir(
        with_.database, with_.media, folder,
        values=with_.variables, events=events, overwrite=overwrite,
    )  # fmt: skip


async def check_published(with_: Resources, day: date) -> published_check.Checked:
    async with with_.database.read() as session:
        return await published_check.check(session, with_.media, with_.variables, day)


async def save_drafts(with_: Resources, drafts: Mapping[str, ArticleText]) -> list[str]:
    async with with_.database.write() as tx:
        return await spreadsheet.import_drafts(tx, drafts, author_id=None)


async def export_articles(with_: Resources, folder: Path) -> list[Path]:
    async with with_.database.read() as session:
        return await export_dir(session, with_.media, folder)


def _run(with_: Resources, work: Coroutine[Any, Any, Result]) -> Result:
    """``work`` on a database that is there and up to date; it is closed afterwards."""

    async def whole() -> Result:
        try:
            if await migrate.is_current(with_.database):
                return await work
            work.close()
            typer.echo("The database is not there or not up to date: run `okno db upgrade`.",
                       err=True)  # fmt: skip
            raise typer.Exit(2)
        finally:
            await with_.database.close()

    return asyncio.run(whole())


def _or_exit(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except FilesUnfit as unfit:
        typer.echo(str(unfit), err=True)
        raise typer.Exit(1) from None
