"""docs/security.md says what is so: its tests exist, its tables are those of the database."""

import ast
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import okno.tables  # noqa: F401 (registers every room's tables)
from okno import retention
from okno.customer_data import BLANKED, DELETED, KEPT
from okno.profile import Retention
from storage.base import Base

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text("utf-8")
TERMS = Retention(conversations_months=36, technical_days=30, events_days=14)

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_ROW = re.compile(r"^\| (.+) \|$", re.M)
# Names of columns that look like somebody's, and those that only look so.
_LOOKS_PERSONAL = re.compile(
    r"name|phone|address|text|note|comment|number|inn$|mail|chat_id|body|payload|secret|token"
)
_HARMLESS = {
    "announcement.text", "article.last_number", "article_autosave.base_number",
    "article_autosave.text", "article_file.name", "article_version.body", "article_version.number",
    "bot_account.name", "canned_reply.text", "company_value.number", "job.payload",
    "kb_check_phrase.text", "lease.name", "operator_line.is_note", "staff_group.name",
}  # fmt: skip
# The same in tables with personal data: claims of workers, numbers of our own.
_HARMLESS_BESIDE = {"conversation.claim_token"}


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}.*?\n(.*?)(?=^## |\Z)", DOCUMENT, re.M | re.S)
    assert found is not None, title
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    cells = [match[1].split(" | ") for match in _ROW.finditer(text)]
    return [row for row in cells if not row[0].startswith(("---", "ASVS", "table", "chapter"))]


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


@cache
def columns_of_persons() -> dict[str, set[str]]:
    """By table."""
    found = rows(section("Personal data"))
    return {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in found}


def terms_of_tables() -> dict[str, str]:
    return {row[0].strip("`"): row[3] for row in rows(section("Personal data"))}


def test_every_point_names_tests_that_exist() -> None:
    named = _TEST.findall(DOCUMENT)
    assert len(named) > 60
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or name not in names_in(path)
    ]
    assert missing == []


def test_forty_points_and_more_of_level_two_each_with_a_test() -> None:
    points = [row for row in rows(section("OWASP ASVS 5.0.0")) if re.match(r"\d", row[0])]
    level_two = [row for row in points if row[1] in ("1", "2")]
    assert len(level_two) == len({row[0] for row in level_two}) >= 40
    assert f"OWASP ASVS 5.0.0: {len(level_two)} points" in DOCUMENT
    assert f"the other {253 - len(level_two)}." in DOCUMENT
    assert all(_TEST.search(row[3]) for row in points)
    chapters = rows(DOCUMENT.split("### Not examined")[1].split("## Webhooks")[0])
    assert [row[0].split()[0] for row in chapters] == [f"V{number}" for number in range(1, 18)]
    for chapter, examined, _ in chapters:
        prefix = chapter.split()[0][1:] + "."
        count = sum(row[0].startswith(prefix) for row in level_two)
        assert examined.startswith(f"{count} of "), chapter
    assert sum(int(row[1].split(" of ")[1]) for row in chapters) == 253


def test_every_table_is_described_and_every_column_that_is_somebodys() -> None:
    text = section("Personal data")
    personal = columns_of_persons()
    harmless = set(re.findall(r"`(\w+)`", text.split("No personal data:")[1].split("\n\n")[0]))
    tables = Base.metadata.tables
    assert sorted([*personal, *harmless]) == sorted(tables)
    for name, columns in personal.items():
        assert columns <= {column.name for column in tables[name].columns}, name
    suspicious = {
        f"{name}.{column.name}"
        for name in harmless
        for column in tables[name].columns
        if _LOOKS_PERSONAL.search(column.name)
    }
    assert suspicious == _HARMLESS
    undescribed = {
        f"{name}.{column.name}"
        for name, columns in personal.items()
        for column in tables[name].columns
        if _LOOKS_PERSONAL.search(column.name) and column.name not in columns
    }
    assert undescribed == _HARMLESS_BESIDE


def test_what_is_said_of_terms_is_what_the_scheduler_does() -> None:
    said = terms_of_tables()
    spoken = timedelta(days=31 * TERMS.conversations_months)
    # Of two rules of a table the shorter comes first.
    done = {rule.table.name: rule.term for rule in reversed(retention.rules(TERMS))}
    terms = {"conversations": spoken, "technical": timedelta(days=TERMS.technical_days)}
    for name, term in said.items():
        assert term in {*terms, "files", "billing", "asked", "staff"}, name
        assert done.get(name) == terms.get(term), name
    # What waits until it is asked for can be asked for.
    erased = {model.__tablename__ for model in (*DELETED, *BLANKED)}
    assert {name for name, term in said.items() if term == "asked"} <= erased
    assert "consent" in {model.__tablename__ for model in KEPT}


def test_the_readme_leads_here() -> None:
    assert "docs/security.md" in (ROOT / "README.md").read_text("utf-8")
