"""``okno kb``, run as a person would run it, against both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from knowledge_base.cli import Resources, commands
from knowledge_base.front_matter import dump
from storage.database import Database
from tests.knowledge_base.samples import VALUES, text

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str) -> Run:
    app = commands(lambda: Resources(Database(database_url), VALUES))
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "penalty.md").write_text(dump("faq/penalty", text()), encoding="utf-8")
    return folder


def test_what_is_imported_comes_out_again(run: Run, folder: Path, tmp_path: Path) -> None:
    assert "Added 1, updated 0, unchanged 0." in run("import", folder).output
    assert "Added 0, updated 0, unchanged 1." in run("import", folder).output
    assert "Wrote 1 articles" in run("export", tmp_path / "out").output
    exported = (tmp_path / "out" / "penalty.md").read_bytes()
    assert exported == (folder / "penalty.md").read_bytes()


def test_a_wrong_file_stops_the_import_with_its_line(run: Run, folder: Path) -> None:
    (folder / "tariffs.md").write_text(dump("faq/tariffs", text(body="Раз\n\n{{ company.fax }}")))
    result = run("import", folder)
    assert result.exit_code == 1
    assert "tariffs.md:" in result.stderr
    assert "Нет такой переменной: company.fax" in result.stderr
    (folder / "tariffs.md").unlink()
    assert "Added 1," in run("import", folder).output


def test_check_finds_a_question_in_two_articles(run: Run, folder: Path) -> None:
    assert "1 articles, no problems." in run("check", folder).output
    other = text(title="Тарифы", questions=("почём свет", "Откуда  ПЕНИ"))
    (folder / "tariffs.md").write_text(dump("faq/tariffs", other))
    result = run("check", folder)
    assert result.exit_code == 1
    assert result.stderr.strip().endswith(
        "tariffs.md:8: Вопрос «Откуда ПЕНИ» уже стоит в статье faq/penalty"
    )


def test_check_gives_advice_with_lines(run: Run, folder: Path) -> None:
    rude = dump("faq/tariffs", text(questions=(), body="Тариф такой.\n\nВы обязаны явиться."))
    (folder / "tariffs.md").write_text(rude)
    line = rude.split("\n").index("Вы обязаны явиться.") + 1
    result = run("check", folder)
    assert result.exit_code == 0
    assert f"tariffs.md:{line}: Мягче, чем «обязаны»" in result.output
    assert "2 articles, no problems." in result.output


def test_a_folder_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    assert run("import", tmp_path / "nowhere").exit_code == 2
