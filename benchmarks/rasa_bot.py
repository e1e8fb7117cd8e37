"""A Rasa 3.6 bot with the same training data, answering on its REST channel, to measure beside.

    python -m benchmarks.rasa_bot    # set it up: a Python 3.10 environment and a model, once

Rasa lives in ``.venv-rasa`` (the one of ``make test-rasa``), made with ``PYTHON310`` or a
``python3.10`` of the path; ``OKNO_RASA_PYTHON`` names a Python that has Rasa already. The pipeline
is that of ``nlu/rasa/config.yml`` with ``RulePolicy``, one rule and one reply for each intent. It
learns for a few epochs only: its speed is that of a model of the same size, not its answers.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml

from nlu.cli import read_data
from nlu.rasa_export import export_project
from tests.nlu import rasa_server

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-rasa"
PROJECT = HOME / "benchmark"
EPOCHS = 2


class NoRasa(Exception):
    """Why there is no Rasa to measure, for a person to read."""


def prepare() -> Path:
    """A Python that has Rasa, with a trained model in ``PROJECT``. Raises NoRasa."""
    python = _python()
    data = read_data(None, None)
    stamp = PROJECT / "trained.json"
    state = {"data": data.digest, "epochs": EPOCHS}
    if stamp.exists() and json.loads(stamp.read_text()) == state:
        return python
    print("training Rasa, some minutes...", flush=True)
    shutil.rmtree(PROJECT, ignore_errors=True)
    export_project(data.examples, PROJECT)
    _with_replies(PROJECT)
    rasa_server.train(python, PROJECT, "train")
    stamp.write_text(json.dumps(state))
    return python


@contextmanager
def serving(*, durable: bool = False) -> Iterator[tuple[int, psutil.Process]]:
    """The port of a running server, and its process. Raises NoRasa.

    ``durable``: conversations lie in SQLite (Rasa's ``SQLTrackerStore``), not in memory.
    """
    python = prepare()
    with tempfile.TemporaryDirectory(prefix="okno-rasa-") as folder:
        store = {"type": "SQL", "dialect": "sqlite", "db": str(Path(folder) / "rasa.db")}
        _write(PROJECT / "endpoints.yml", {"tracker_store": store} if durable else {})
        with rasa_server.serving(python, PROJECT) as (url, process):
            yield int(url.rsplit(":", 1)[1]), process


def _python() -> Path:
    if named := os.environ.get("OKNO_RASA_PYTHON"):
        return Path(named)
    python = HOME / "bin" / "python"
    if (HOME / ".done").exists():
        return python
    base = os.environ.get("PYTHON310", "python3.10")
    try:
        told = subprocess.run([base, "--version"], capture_output=True, text=True)
    except OSError:
        told = None
    if told is None or not told.stdout.startswith("Python 3.10."):
        raise NoRasa("Rasa 3.6 needs a Python 3.10: install one or name it in PYTHON310")
    print(f"installing Rasa in {HOME}, some minutes...", flush=True)
    subprocess.run([base, "-m", "venv", HOME], check=True)
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "-r", ROOT / "nlu" / "rasa" / "requirements.txt"],
        check=True,
    )  # fmt: skip
    (HOME / ".done").touch()
    return python


def _with_replies(project: Path) -> None:
    """One rule and one reply for each intent, over the REST channel."""
    domain = _read(project / "domain.yml")
    for intent in domain["intents"]:
        if intent != "faq":
            domain["responses"][f"utter_{intent}"] = [{"text": intent}]
    rules = [
        {"rule": intent, "steps": [{"intent": intent}, {"action": f"utter_{intent}"}]}
        for intent in domain["intents"]
    ]
    config = _read(project / "config.yml")
    config["policies"] = [{"name": "RulePolicy"}]
    for component in config["pipeline"]:
        if "epochs" in component:
            component["epochs"] = EPOCHS
    _write(project / "domain.yml", domain)
    _write(project / "data" / "rules.yml", {"version": "3.1", "rules": rules})
    _write(project / "config.yml", config)
    _write(project / "credentials.yml", {"rest": None})


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")


if __name__ == "__main__":
    try:
        with serving() as (port, _):
            print(f"Rasa serves on port {port}: ready to measure.")
    except NoRasa as reason:
        print(reason)
