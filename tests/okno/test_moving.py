"""`okno db backup`, `restore`, `copy` and `release` as an administrator types them."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from okno.cli import app
from storage import leases
from storage.database import Database
from tests.storage.test_archive import everything, fill

KEY = "a-key-for-tests-a-key-for-tests-a-key"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OKNO_SECRET_KEY", KEY)
    return tmp_path


def okno(*words: str, url: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words), env={"OKNO_DATABASE_URL": url})
    return done.exit_code, " ".join(done.output.split())


def filled(url: str) -> None:
    async def work() -> None:
        database = Database(url)
        await fill(database)
        await database.close()

    asyncio.run(work())


def content(url: str) -> object:
    async def work() -> object:
        database = Database(url)
        found = await everything(database)
        await database.close()
        return found

    return asyncio.run(work())


def test_back_up_restore_and_release(sqlite_url: str) -> None:
    filled(sqlite_url)
    assert okno("db", "backup", "kept.zip", url=sqlite_url)[0] == 0
    new = "sqlite:///new.db"
    code, said = okno("db", "restore", "kept.zip", url=new)
    assert code == 0, said
    assert "1 messages and 1 conversations wait" in said
    code, said = okno("doctor", url=new)
    assert "after a restore 1 messages and 1 conversations wait" in said
    code, said = okno("db", "release", url=new)
    assert (code, said) == (0, "1 messages and 1 conversations are being sent and answered.")
    assert "wait" not in okno("db", "release", url=new)[1]


def test_move_from_sqlite_to_postgres(sqlite_url: str, postgres_url: str) -> None:
    filled(sqlite_url)
    code, said = okno("db", "copy", postgres_url, url=sqlite_url)
    assert code == 0, said
    assert content(postgres_url) == content(sqlite_url)
    # Once more by mistake: nothing is written over.
    code, said = okno("db", "copy", postgres_url, url=sqlite_url)
    assert code == 2
    assert "is not empty" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("db", "restore", "nowhere.zip"), "there is no file nowhere.zip"),
        (("db", "copy", "mysql://x/y"), "mysql is not supported"),
        (("db", "copy", "not an address"), "write postgresql://user@host/name"),
    ],
)
def test_mistakes_get_one_clear_line(sqlite_url: str, words: tuple[str, ...], says: str) -> None:
    code, said = okno(*words, url=sqlite_url)
    assert code == 2
    assert says in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("db", "backup", "nowhere/kept.zip"), "nowhere/kept.zip.part: No such file"),
        (("db", "copy", "postgresql://nobody@127.0.0.1:9/none"), "it cannot be reached): check"),
    ],
)
def test_an_outage_gets_one_clear_line(sqlite_url: str, words: tuple[str, ...], says: str) -> None:
    code, said = okno(*words, url=sqlite_url)
    assert code == 1
    assert says in said
    assert "Traceback" not in said


def test_a_database_that_is_not_there(sqlite_url: str, postgres_url: str) -> None:
    elsewhere = make_url(postgres_url).set(database="nonesuch")
    nowhere = elsewhere.render_as_string(hide_password=False)
    code, said = okno("db", "copy", nowhere, url=sqlite_url)
    assert (code, "Traceback" in said) == (1, False)
    assert 'database "nonesuch" does not exist' in said
    assert 'database "nonesuch" does not exist' in okno("doctor", url=nowhere)[1]


async def _hold(url: str) -> None:
    database = Database(url)
    await leases.acquire(database, "jobs", "another machine")
    await database.close()


def test_what_is_being_served_is_not_copied(postgres_url: str) -> None:
    asyncio.run(_hold(postgres_url))
    code, said = okno("db", "copy", "sqlite:///new.db", url=postgres_url)
    assert code == 2
    assert "stop them all first" in said
    assert not Path("new.db").exists()


def test_copying_a_database_onto_itself_is_refused(sqlite_url: str) -> None:
    code, said = okno("db", "copy", sqlite_url, url=sqlite_url)
    assert code == 2
    assert "this is the present database" in said
