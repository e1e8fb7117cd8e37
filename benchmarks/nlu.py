"""Measure understanding: the embedded engine, Rasa DIET beside it, the HINT3 bots.

    python benchmarks/nlu.py
    python benchmarks/nlu.py --rasa-python /path/of/a/python3.10/with/rasa
    python benchmarks/nlu.py --hint3 /path/of/hint3

Run it on a quiet machine: the latencies are those of one core.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

# This file bears the name of the package it measures, which must win.
sys.path[0] = str(Path(__file__).resolve().parent.parent)
# One core, for both engines: read by the numeric libraries when they are loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(_name, "1")

import httpx  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from nlu.cli import read_data  # noqa: E402
from nlu.embedded import EmbeddedEngine, load_engine  # noqa: E402
from nlu.evaluation import Report, evaluate  # noqa: E402
from nlu.rasa_client import RasaEngine  # noqa: E402
from nlu.rasa_export import export_project  # noqa: E402
from nlu.training import train  # noqa: E402
from nlu.training_data import CHECK_DIR, Example, TrainingData, load_training_data  # noqa: E402
from tests.nlu import rasa_server  # noqa: E402


@dataclass(frozen=True)
class Row:
    """One engine's figures; seconds of training, megabytes of the model and of the server."""

    report: Report
    seconds: float
    size: float
    memory: float


ROOT = Path(sys.path[0])
BOTS = ("curekart", "powerplay11", "sofmattress")
# HINT3 (Arora et al., 2020, full training sets): in-scope accuracy and out-of-scope recall in %,
# averages over the three bots, at the thresholds 0.1, 0.3, 0.5, 0.7 (Dialogflow: its own).
PUBLISHED = {
    "Rasa": ((67.5, 0), (66.2, 14), (62.8, 43), (56.8, 63)),
    "Dialogflow": ((69.3, 45), (69.0, 47), (63.1, 66), (41.6, 90)),
    "BERT classifier": ((71.9, 0), (71.5, 11), (70.4, 33), (67.8, 50)),
}
RASA_TIMEOUT = 30.0

out = Console(width=120)


def main() -> None:
    options = _options()
    if options.hint3:
        run_hint3(options.hint3, russian=options.language == "ru")
        return
    data = read_data(options.data, None)
    check = load_training_data([options.check]).examples
    rows: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / "model.okno"
        begun = time.perf_counter()
        EmbeddedEngine(train(data, russian=options.language == "ru")).model.save(model)
        seconds = time.perf_counter() - begun
        engine = load_engine(model)
        report = evaluate(engine, check, now=datetime.now().astimezone())
        rows["embedded"] = Row(report, seconds, model.stat().st_size / 1e6, serving_memory(model))
        if options.rasa_project:
            stored = options.rasa_project / "models" / "okno.tar.gz"
            rows["Rasa DIET"] = measure_rasa(
                options.rasa_python, options.rasa_project, stored, check, engine, float("nan")
            )
        elif options.rasa_python:
            rows["Rasa DIET"] = run_rasa(options.rasa_python, data, check, Path(temporary), engine)
    print_rows(rows)
    if options.curve:
        curve = draw_curve({name: row.report for name, row in rows.items()})
        options.curve.write_text(curve, encoding="utf-8")
    if options.json:
        options.json.write_text(
            json.dumps(
                {name: row.report.to_json() for name, row in rows.items()}, ensure_ascii=False
            ),
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
    check: Sequence[Example],
    folder: Path,
    fallback: EmbeddedEngine,
) -> Row:
    """Train Rasa on the same phrases, serve it, and ask it the same messages."""
    project = folder / "rasa"
    export_project(data.examples, project)
    begun = time.perf_counter()
    model = rasa_server.train(python, project)
    seconds = time.perf_counter() - begun
    return measure_rasa(python, project, model, check, fallback, seconds)


def measure_rasa(
    python: Path,
    project: Path,
    model: Path,
    check: Sequence[Example],
    fallback: EmbeddedEngine,
    seconds: float,
) -> Row:
    failures: list[str] = []
    with rasa_server.serving(python, project) as (url, process):
        client = httpx.Client(timeout=RASA_TIMEOUT)
        engine = RasaEngine(url, fallback, client=client, on_fallback=failures.append)
        report = evaluate(engine, check, now=datetime.now().astimezone())
        memory = process.memory_info().rss / 1e6
    if failures:
        raise SystemExit(f"Rasa failed on {len(failures)} messages: {failures[0]}")
    return Row(report, seconds, model.stat().st_size / 1e6, memory)


def run_hint3(folder: Path, *, russian: bool) -> None:
    """Train on each bot's phrases, measure on its messages, average over the bots."""
    needed = [folder / f"{bot}_{part}.yml" for bot in BOTS for part in ("train", "test")]
    missing = [path.name for path in needed if not path.is_file()]
    if missing:
        raise SystemExit(f"--hint3: {folder} lacks {', '.join(missing)}")
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


def print_rows(rows: dict[str, Row]) -> None:
    table = Table("", *rows, title="Understanding")
    lines: dict[str, Callable[[Row], str]] = {
        "messages": lambda row: str(row.report.n),
        "accuracy": lambda row: f"{row.report.accuracy:.1%}",
        "top-3": lambda row: f"{row.report.top3_accuracy:.1%}",
        "macro-F1": lambda row: f"{row.report.macro_f1:.1%}",
        "service": lambda row: f"{row.report.groups.get('service', 0):.1%}",
        "faq": lambda row: f"{row.report.groups.get('faq', 0):.1%}",
        "talk": lambda row: f"{row.report.groups.get('talk', 0):.1%}",
        "recall of danger": lambda row: f"{row.report.danger_recall or 0:.1%}",
        "entity F1": lambda row: f"{row.report.entity_total.f1:.1%}",
        "entity F1 with value": lambda row: f"{row.report.value_total.f1:.1%}",
        "calibration error": lambda row: f"{row.report.ece:.3f}",
        "latency p50, ms": lambda row: f"{row.report.latency_p50:.1f}",
        "latency p99, ms": lambda row: f"{row.report.latency_p99:.1f}",
        "messages a second": lambda row: f"{row.report.per_second:.0f}",
        "training, s": lambda row: f"{row.seconds:.0f}",
        "model, MB": lambda row: f"{row.size:.1f}",
        "memory, MB": lambda row: f"{row.memory:.0f}",
    }
    for name, show in lines.items():
        table.add_row(name, *(show(row) for row in rows.values()))
    out.print(table)


def draw_curve(reports: dict[str, Report]) -> str:
    """In-scope accuracy (up) against out-of-scope recall (right), one line per engine, as SVG."""
    left, top, width, height = 60, 20, 520, 320
    colours = ("#1f6feb", "#c2410c")

    def place(recall: float, accuracy: float) -> str:
        return f"{left + recall * width:.1f},{top + (1 - accuracy) * height:.1f}"

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" font-family="sans-serif" '
        'font-size="12">',
        '<rect width="640" height="400" fill="#fff"/>',
    ]
    for step in range(0, 11, 2):
        x, y = left + step / 10 * width, top + (1 - step / 10) * height
        parts.append(
            f'<path d="M{left} {y}H{left + width}M{x} {top}V{top + height}" stroke="#ddd"/>'
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{step * 10}%</text>'
            f'<text x="{x}" y="{top + height + 18}" text-anchor="middle">{step * 10}%</text>'
        )
    parts.append(
        f'<text x="{left + width / 2}" y="{top + height + 40}" text-anchor="middle">'
        "out-of-scope recall</text>"
        f'<text x="16" y="{top + height / 2}" text-anchor="middle" '
        f'transform="rotate(-90 16 {top + height / 2})">in-scope accuracy</text>'
    )
    for index, (name, report) in enumerate(reports.items()):
        points = " ".join(
            place(point.out_of_scope_recall, point.in_scope_accuracy) for point in report.oos_curve
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colours[index]}" stroke-width="2"/>'
            f'<text x="{left + 12}" y="{top + height - 12 - 18 * index}" '
            f'fill="{colours[index]}">{name}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="*", help="training files or folders")
    parser.add_argument("--check", type=Path, default=CHECK_DIR, help="labelled messages")
    parser.add_argument("--rasa-python", type=Path, help="a Python 3.10 that has rasa 3.6.21")
    parser.add_argument(
        "--rasa-project", type=Path, help="an exported project that is already trained"
    )
    parser.add_argument("--curve", type=Path, help="draw the out-of-scope curve there (SVG)")
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
