"""What a look through the source shows: rules that no single test of behaviour can keep."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = ("okno", "bots", "dialogs", "handoff", "knowledge_base", "billing", "web", "conversations",
         "staff", "media", "replies", "nlu", "storage")  # fmt: skip

# Shapes of well-known tokens (as secret scanners know them), and of private keys.
TOKENS = {
    "Telegram": r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}(?![\w-])",
    "VK": r"vk1\.a\.[\w-]{60,}",
    "Odnoklassniki": r"\btkn[A-Za-z0-9]{30,}:[A-Z]{10,}",
    "Viber": r"\b[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{16}\b",
    "AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36,}\b",
    "GitLab": r"\bglpat-[\w-]{20,}\b",
    "Slack": r"\bxox[abprs]-[\w-]{10,}",
    "Google": r"\bAIza[\w-]{35}\b",
    "Yandex Cloud": r"\b(?:AQVN[\w-]{35,}|t1\.9eu[\w-]{60,}|YC[\w-]{38})\b",
    "JWT": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[\w-]{20,}",
    "private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    "password in an address": r"://[^\s/:@{}$\"'<]{1,40}:(?!password@|пароль@)[^\s/:@{}$\"'<]{6,80}@[\w.-]+",
}
# What stands in each of them: most files are told by that alone.
HINTS = {
    "Telegram": ":AA", "VK": "vk1.a.", "Odnoklassniki": "tkn", "GitHub": "gh", "AWS": "IA",
    "GitLab": "glpat-", "Slack": "xox", "Google": "AIza", "JWT": "eyJ", "Viber": "-",
    "Yandex Cloud": "", "private key": "PRIVATE KEY", "password in an address": "://",
}  # fmt: skip
# Generated, or no text.
BINARY = {".lock", ".png", ".jpg", ".ico", ".woff2", ".okno", ".npz", ".db", ".gz", ".zip", ".xlsx"}
# Where something of a token's shape stands on purpose: file and what.
ON_PURPOSE = {
    ("tests/fakes/telegram.py", "Telegram"),
    ("tests/fakes/viber.py", "Viber"),
}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    root = Path(__file__).resolve().parents[2]
    if (root / ".git").exists():
        told = subprocess.run(
            ["git", "-c", f"safe.directory={root}", "ls-files", "-z"],
            cwd=root, capture_output=True, check=True, text=True,
        )  # fmt: skip
        return [root / name for name in told.stdout.split("\0") if name]
    return [path for path in root.rglob("*") if path.is_file() and ".venv" not in path.parts]


def sources(root: Path, *rooms: str) -> Iterator[tuple[str, str]]:
    for room in rooms or ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            yield str(path.relative_to(root)), path.read_text("utf-8")


def test_no_token_lies_among_the_files(root: Path, tracked: list[Path]) -> None:
    assert len(tracked) > 500
    found = []
    shapes = {name: re.compile(shape) for name, shape in TOKENS.items()}
    for path in tracked:
        if path.suffix in BINARY or not path.is_file() or "vendor" in path.parts:
            continue
        text = path.read_text("utf-8", "replace")
        name = str(path.relative_to(root))
        found += [
            (name, kind)
            for kind, shape in shapes.items()
            if HINTS[kind] in text and shape.search(text)
        ]
    assert set(found) <= ON_PURPOSE


@pytest.mark.parametrize("kind", sorted(TOKENS))
def test_the_shapes_find_what_they_are_for(kind: str) -> None:
    """Put together here, so that no shape stands in this file as a whole."""
    samples = {
        "Telegram": "1234567890:" + "AA" + "b" * 33, "VK": "vk1.a." + "b" * 70,
        "Odnoklassniki": "tkn" + "a1" * 20 + ":" + "CBAKPGKGDIHBABABA",
        "Viber": "-".join(["445da6az1s345z78"[:9].replace("z", "0") + "abcdef0"] * 3),
        "AWS": "AKIA" + "ABCDEFGH12345678", "GitHub": "ghp_" + "a" * 36,
        "GitLab": "glpat-" + "a" * 20, "Slack": "xoxb-" + "1" * 12, "Google": "AIza" + "b" * 35,
        "Yandex Cloud": "AQVN" + "b" * 36,
        "JWT": "eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + "." + "c" * 20,
        "private key": "-----BEGIN " + "PRIVATE KEY-----",
        "password in an address": "postgresql://okno:" + "s3cr3tpw" + "@db.example.ru/okno",
    }  # fmt: skip
    assert re.search(TOKENS[kind], samples[kind])


def test_every_webhook_compares_its_secret_in_constant_time(root: Path) -> None:
    adapters = list((root / "bots").glob("*/webhook.py"))
    assert len(adapters) == 5
    for path in adapters:
        text = path.read_text("utf-8")
        assert re.search(r"(?:hmac|secrets)\.compare_digest\(", text), path
    for name in ("billing/signing.py", "web/csrf.py", "bots/max/incoming.py",
                 "staff/second_factor.py"):  # fmt: skip
        assert "compare_digest(" in (root / name).read_text("utf-8"), name
    plain = re.compile(r"(?:secret|signature|token|csrf|shown)\w* [!=]= (?:expected|self\._\w+)")
    assert not [name for name, text in sources(root) if plain.search(text)]


FORBIDDEN = {
    "runs what it is given": r"(?<![\w.])(?:eval|exec|compile)\(",
    "reads objects of any kind": r"\bimport (?:pickle|marshal|shelve)\b|allow_pickle=True",
    "goes through a shell": r"shell=True|os\.system\(|os\.popen\(",
    "believes any certificate": r"verify=False|CERT_NONE|check_hostname = False",
    "puts a statement together": r"\b(?:text|conn\w*\.execute|session\.execute)\(f[\"']",
    "uses a broken hash": r"hashlib\.(?:md5|sha1)\(|modes\.ECB",
    "reads XML": r"xml\.(?:etree|dom|sax)|lxml",
    "writes what was not escaped": r"\|\s*safe\b|autoescape\s*=\s*False|autoescape false",
}


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_nothing_in_the_product(root: Path, what: str) -> None:
    shape = re.compile(FORBIDDEN[what])
    found = [name for name, text in sources(root) if shape.search(text)]
    found += [
        str(path.relative_to(root))
        for room in ROOMS
        for path in (root / room).rglob("*.html")
        if shape.search(path.read_text("utf-8"))
    ]
    # Triggers of the full-text search: names of our own tables, nothing from outside.
    assert [name for name in found if not name.startswith("storage/migrations/")] == []


def test_secrets_are_made_by_the_systems_generator(root: Path) -> None:
    """``random`` is for pauses, shuffles and invented people; tokens come from ``secrets``."""
    users = {
        name for name, text in sources(root) if re.search(r"^(?:import|from) random", text, re.M)
    }
    assert users <= {
        "bots/delivery.py", "billing/demo/filling.py", "billing/demo/people.py",
        "conversations/fairness.py", "nlu/augmentation.py",
    }  # fmt: skip
    for name in ("staff/sessions.py", "staff/passwords.py", "bots/web_chat/visitors.py"):
        assert "import secrets" in (root / name).read_text("utf-8"), name


# Every place that writes a table for a table program, and what keeps formulas out of it.
TABLES = {
    "billing/importing/run.py": "harmless(",
    "billing/readings/export.py": "harmless(",
    "handoff/board/workbook.py": 'data_type = "s"',
    "knowledge_base/gaps/pages.py": "harmless(",
}


def test_every_export_keeps_formulas_out(root: Path) -> None:
    """A new one has to be named here, and tested in ``test_exports.py``."""
    writers = re.compile(r"csv\.(?:writer|DictWriter)\(|\bWorkbook\(")
    assert {name for name, text in sources(root) if writers.search(text)} == set(TABLES)
    for name, how in TABLES.items():
        assert how in (root / name).read_text("utf-8"), name
