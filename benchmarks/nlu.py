"""Measure understanding: the embedded engine, Rasa DIET beside it, the HINT3 bots.

    python benchmarks/nlu.py
    python benchmarks/nlu.py --rasa-python /path/of/a/python3.10/with/rasa
    python benchmarks/nlu.py --hint3 /path/of/hint3

Run it on a quiet machine: the latencies are those of one core.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

# This file bears the name of the package it measures, which must win.
sys.path[0] = str(Path(__file__).resolve().parent.parent)
# One core, for both engines: read by the numeric libraries when they are loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(_name, "1")

import httpx  # noqa: E402
import psutil  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from nlu.cli import read_data  # noqa: E402
from nlu.embedded import EmbeddedEngine, load_engine  # noqa: E402
from nlu.evaluation import Report, evaluate  # noqa: E402
from nlu.rasa_client import RasaEngine  # noqa: E402
from nlu.rasa_export import export_project  # noqa: E402
from nlu.training import train  # noqa: E402
from nlu.training_data import CHECK_DIR, TrainingData, load_training_data  # noqa: E402

ROOT = Path(sys.path[0])
BOTS = ("curekart", "powerplay11", "sofmattress")
# HINT3 (Arora et al., 2020, full training sets): in-scope accuracy and out-of-scope recall in %,
# averages over the three bots, at the thresholds 0.1, 0.3, 0.5, 0.7 (Dialogflow: its own).
PUBLISHED = {
    "Rasa": ((67.5, 0), (66.2, 14), (62.8, 43), (56.8, 63)),
    "Dialogflow": ((69.3, 45), (69.0, 47), (63.1, 66), (41.6, 90)),
    "BERT classifier": ((71.9, 0), (71.5, 11), (70.4, 33), (67.8, 50)),
}
SERVER_SECONDS = 180
RASA_TIMEOUT = 30.0

out = Console(width=120)


def main() -> None:
    options = _options()
    if options.hint3:
        run_hint3(options.hint3, russian=options.language == "ru")
        return
    data = read_data(options.data, None)
    check = load_training_data([options.check]).examples
    rows: dict[str, tuple[Report, float, float, float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / "model.okno"
        begun = time.perf_counter()
        EmbeddedEngine(train(data, russian=options.language == "ru")).model.save(model)
        seconds = time.perf_counter() - begun
        engine = load_engine(model)
        report = evaluate(engine, check, now=datetime.now().astimezone())
        rows["embedded"] = (report, seconds, model.stat().st_size / 1e6, serving_memory(model))
        if options.rasa_python:
            rows["Rasa DIET"] = run_rasa(options.rasa_python, data, check, Path(temporary), engine)
    print_rows(rows)
    if options.json:
        options.json.write_text(
            json.dumps({name: row[0].to_json() for name, row in rows.items()}, ensure_ascii=False),
            encoding="utf-8",
        )


def serving_memory(model: Path) -> float:
    """Megabytes of a fresh process that has loaded the model and read a message."""
    code = (
        "import sys, psutil; from datetime import datetime; from pathlib import Path\n"
        "from nlu.embedded import load_engine\n"
        "engine = load_engine(Path(sys.argv[1]))\n"
        "engine.parse('сколько я должен за октябрь', now=datetime.now().astimezone())\n"
        "print(psutil.Process().memory_info().rss / 1e6)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    return float(done.stdout)


def run_rasa(
    python: Path,
    data: TrainingData,
    check: Sequence,
    folder: Path,
    fallback: EmbeddedEngine,
) -> tuple[Report, float, float, float]:
    """Train Rasa on the same phrases, serve it, and ask it the same messages."""
    project = folder / "rasa"
    export_project(data.examples, project)
    begun = time.perf_counter()
    subprocess.run(
        [python, "-m", "rasa", "train", "nlu", "--fixed-model-name", "okno"],
        cwd=project, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    failures: list[str] = []
    with rasa_server(python, project) as (url, process):
        client = httpx.Client(timeout=RASA_TIMEOUT)
        engine = RasaEngine(url, fallback, client=client, on_fallback=failures.append)
        report = evaluate(engine, check, now=datetime.now().astimezone())
        memory = process.memory_info().rss / 1e6
    if failures:
        raise SystemExit(f"Rasa failed on {len(failures)} messages: {failures[0]}")
    size = (project / "models" / "okno.tar.gz").stat().st_size / 1e6
    return report, seconds, size, memory


@contextmanager
def rasa_server(python: Path, project: Path) -> Iterator[tuple[str, psutil.Process]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [python, "-m", "rasa", "run", "--enable-api", "-m", "models",
         "-i", "127.0.0.1", "-p", str(port)],
        cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + SERVER_SECONDS
        while True:
            try:
                if httpx.get(f"{url}/status", timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if time.monotonic() > until or server.poll() is not None:
                raise SystemExit("the Rasa server did not start")
            time.sleep(1)
        yield url, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=30)


def run_hint3(folder: Path, *, russian: bool) -> None:
    """Train on each bot's phrases, measure on its messages, average over the bots."""
    reports = []
    for bot in BOTS:
        data = load_training_data([folder / f"{bot}_train.yml"])
        engine = EmbeddedEngine(train(data, russian=russian))
        check = load_training_data([folder / f"{bot}_test.yml"]).examples
        reports.append(evaluate(engine, check, now=datetime.now().astimezone()))
    table = Table("system", "threshold", "in-scope accuracy", "out-of-scope recall", title="HINT3")
    for points in zip(*(report.oos_curve for report in reports), strict=True):
        inside = sum(point.in_scope_accuracy for point in points) / len(points)
        outside = sum(point.out_of_scope_recall for point in points) / len(points)
        table.add_row("embedded", f"{points[0].threshold:.2f}", f"{inside:.1%}", f"{outside:.1%}")
    for name, published in PUBLISHED.items():
        for inside, outside in published:
            table.add_row(name, "", f"{inside:.1f}%", f"{outside:.1f}%")
    out.print(table)


def print_rows(rows: dict[str, tuple[Report, float, float, float]]) -> None:
    table = Table("", *rows, title="Understanding")
    lines = {
        "messages": lambda r, *_: str(r.n),
        "accuracy": lambda r, *_: f"{r.accuracy:.1%}",
        "top-3": lambda r, *_: f"{r.top3_accuracy:.1%}",
        "macro-F1": lambda r, *_: f"{r.macro_f1:.1%}",
        **{
            f"accuracy of {group}": lambda r, *_, group=group: f"{r.groups.get(group, 0):.1%}"
            for group in ("service", "faq", "talk")
        },
        "recall of danger": lambda r, *_: f"{r.danger_recall or 0:.1%}",
        "entity F1": lambda r, *_: f"{r.entity_total.f1:.1%}",
        "entity F1 with value": lambda r, *_: f"{r.value_total.f1:.1%}",
        "calibration error": lambda r, *_: f"{r.ece:.3f}",
        "latency p50, ms": lambda r, *_: f"{r.latency_p50:.1f}",
        "latency p99, ms": lambda r, *_: f"{r.latency_p99:.1f}",
        "messages a second": lambda r, *_: f"{r.per_second:.0f}",
        "training, s": lambda _, seconds, *__: f"{seconds:.0f}",
        "model, MB": lambda _, __, size, ___: f"{size:.1f}",
        "memory, MB": lambda _, __, ___, memory: f"{memory:.0f}",
    }
    for name, show in lines.items():
        table.add_row(name, *(show(*row) for row in rows.values()))
    out.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="*", help="training files or folders")
    parser.add_argument("--check", type=Path, default=CHECK_DIR, help="labelled messages")
    parser.add_argument("--rasa-python", type=Path, help="a Python 3.10 that has rasa 3.6.21")
    parser.add_argument("--hint3", type=Path, help="folder of the three HINT3 bots")
    parser.add_argument(
        "--language", choices=("ru", "en"), help="«en» leaves out what assumes Russian"
    )
    parser.add_argument("--json", type=Path, help="write the full reports there")
    options = parser.parse_args()
    options.language = options.language or ("en" if options.hint3 else "ru")
    return options


if __name__ == "__main__":
    main()
