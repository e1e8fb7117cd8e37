"""``okno kb``, run as a person would run it, against both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date
from functools import partial
from pathlib import Path

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner, Result

from knowledge_base.answers import ArticleButton
from knowledge_base.cli import Resources, commands
from knowledge_base.front_matter import dump
from media.shelf import FolderShelf
from media.store import MediaStore
from storage.database import Database
from tests.knowledge_base.samples import VALUES, text

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    def resources() -> Resources:
        database = Database(database_url)
        return Resources(
            database, MediaStore(database, FolderShelf(tmp_path / "media")), VALUES, UTC
        )

    app = commands(resources)
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
    other = text(title="Тарифы", body="Вот", questions=("почём свет", "Откуда  ПЕНИ"))
    (folder / "tariffs.md").write_text(dump("faq/tariffs", other))
    result = run("check", folder)
    assert result.exit_code == 1
    assert result.stderr.strip().endswith(
        "tariffs.md:8: Вопрос «Откуда ПЕНИ» уже стоит в статье faq/penalty"
    )


def test_check_looks_at_the_base_as_a_whole(run: Run, folder: Path) -> None:
    """Everything is told at once, with the file's line, and the exit code says so."""
    to = partial(ArticleButton, "Дальше")
    files = {
        "penalty": text(),
        "tariffs": text(
            title="Тарифы",
            questions=(),
            body="Раз\n\n[Смотрите](htp:/site) или [тут](faq/penalty)\n\nhttps://нет_такого",
            buttons=(to(intent="faq/benefits"), to(url="https://exa mple.org")),
        ),
        "circle": text(title="А", questions=(), body="А", buttons=(to(intent="faq/round"),)),
        "round": text(title="Б", questions=(), body="Б", buttons=(to(intent="faq/circle"),)),
        "old": text(title="Пени", questions=(), body="Старое", review_by=date(2026, 11, 20)),
    }
    lines = {}
    for name, one in files.items():
        source = dump(f"faq/{name}", one)
        (folder / f"{name}.md").write_text(source)
        lines[name] = source.split("\n")
    result = run("check", folder, "--on", "2026-11-21")
    assert result.exit_code == 1
    told = {line.partition(": ")[2]: line.partition(": ")[0] for line in result.stderr.split("\n")}

    def place(message: str) -> tuple[str, str]:
        (found,) = (where for what, where in told.items() if message in what)
        path, line = found.rsplit(":", 1)
        return Path(path).stem, lines[Path(path).stem][int(line) - 1]

    assert place("никуда не ведёт: «htp:/site»")[1].startswith("[Смотрите]")
    assert place("К статье faq/penalty ведёт кнопка")[1].startswith("[Смотрите]")
    assert place("«https://нет_такого»")[1] == "https://нет_такого"
    assert "exa mple" in place("Ссылка должна начинаться")[1]
    assert "faq/benefits" in place("ведёт к статье faq/benefits, а её нет")[1]
    assert place("по кругу: faq/circle → faq/round → faq/circle")[0] == "circle"
    assert place("Такой заголовок уже есть у статьи faq/old") == ("penalty", "title: Пени")
    assert place("Срок просмотра прошёл")[1] == "review_by: 2026-11-20"
    assert len(told) == 9  # with the empty last line
    for name in ("tariffs", "circle", "old"):
        (folder / f"{name}.md").unlink()
    (folder / "round.md").write_text(dump("faq/round", text(title="Б", questions=(), body="Б")))
    assert run("check", folder, "--on", "2026-11-21").exit_code == 0


def test_check_gives_advice_with_lines(run: Run, folder: Path) -> None:
    rude = dump(
        "faq/tariffs",
        text(title="Тарифы", questions=(), body="Тариф такой.\n\nВы обязаны явиться."),
    )
    (folder / "tariffs.md").write_text(rude)
    line = rude.split("\n").index("Вы обязаны явиться.") + 1
    result = run("check", folder)
    assert result.exit_code == 0
    assert f"tariffs.md:{line}: Мягче, чем «обязаны»" in result.output
    assert "2 articles, no problems." in result.output


def test_check_looks_at_what_is_published(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "tariffs.md").write_text(
        dump("faq/tariffs", text(title="Тарифы", questions=(), body="Раз\n\nВы обязаны явиться."))
    )
    rejected = folder / "files" / "a.pdf"
    rejected.parent.mkdir()
    rejected.write_bytes(b"%PDF-1.7 ...")
    offices = text(title="Офисы", questions=(), body="Вот\n\n[План](files/a.pdf)", short="")
    offices = replace(offices, review_by=date(2026, 11, 20))
    (folder / "offices.md").write_text(dump("faq/offices", offices))
    run("import", folder)
    fine = run("check", "--on", "2026-11-20")
    assert fine.exit_code == 0
    assert "faq/tariffs: Ответ, строка 3: Мягче, чем «обязаны»" in fine.output
    assert "3 published articles, no problems." in fine.output
    for kept in (tmp_path / "media").rglob("*"):
        if kept.is_file():
            kept.unlink()
    wrong = run("check", "--on", "2026-11-21")
    assert wrong.exit_code == 1
    assert wrong.stderr.splitlines() == [
        "faq/offices: Ответ, строка 3: Содержимое файла «a.pdf» утрачено",
        "faq/offices: Пересмотреть до: Срок просмотра прошёл (2026-11-20): "
        "клиентам статью не показываем",
    ]
    assert run("export", tmp_path / "out").exit_code == 1


def test_a_folder_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    assert run("import", tmp_path / "nowhere").exit_code == 2


def test_a_database_that_is_not_there_is_told(tmp_path: Path, folder: Path) -> None:
    def resources() -> Resources:
        database = Database(f"sqlite:///{tmp_path / 'new.db'}")
        return Resources(
            database, MediaStore(database, FolderShelf(tmp_path / "media")), VALUES, UTC
        )

    for words in (("check",), ("export", str(tmp_path / "out")), ("import", str(folder))):
        result = CliRunner().invoke(commands(resources), list(words))
        assert result.exit_code == 2
        assert "run `okno db upgrade`" in result.stderr


def sheet(path: Path, *rows: tuple[object, ...]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


HEADER = ("Вопрос", "Ответ", "Варианты", "Тема")


def test_a_spreadsheet_becomes_drafts(run: Run, folder: Path, tmp_path: Path) -> None:
    run("import", folder)
    path = sheet(
        tmp_path / "faq.xlsx",
        HEADER,
        ("Откуда пени?", "Новый ответ", "за что пеня; пеня", "penalty"),
        ("Как зарядить электромобиль", "Пока никак", None, None),
        (None, None, None, None),
        ("Где зарядить", "Пока нигде", "", "faq/kak_zaryadit_elektromobil"),
        (2026, 5, "", "number"),
    )
    assert "Saved 3 drafts, unchanged 0." in run("import-xlsx", path).output
    assert "Saved 0 drafts, unchanged 3." in run("import-xlsx", path).output
    run("export", tmp_path / "out")
    assert [one.name for one in (tmp_path / "out").glob("*.md")] == ["penalty.md"]  # as before
    assert "Новый ответ" not in (tmp_path / "out" / "penalty.md").read_text()


def test_wrong_rows_are_told_by_number(run: Run, tmp_path: Path) -> None:
    path = sheet(tmp_path / "faq.xlsx", HEADER, ("Вопрос без ответа", None), ("Да", "Да", "", "Я"))
    result = run("import-xlsx", path)
    assert result.exit_code == 1
    assert "faq.xlsx:2: Нужны и вопрос, и ответ" in result.stderr
    assert "faq.xlsx:3: Тема пишется латиницей" in result.stderr
    for rows in ((("Раз", "Два"),), (HEADER,)):
        assert run("import-xlsx", sheet(tmp_path / "x.xlsx", *rows)).exit_code == 1
    (tmp_path / "no.xlsx").write_bytes(b"PK no table")
    assert "Это не таблица XLSX" in run("import-xlsx", tmp_path / "no.xlsx").stderr
