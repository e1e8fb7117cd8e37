"""``okno nlu``: train, try, measure. The functions do the work, the commands only print."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nlu.embedded import EmbeddedEngine, load_engine
from nlu.encoders import default_encoder
from nlu.errors import ModelError, NluError
from nlu.evaluation import Report, evaluate
from nlu.model import DEFAULT_SEED
from nlu.rasa_client import RasaEngine
from nlu.rasa_export import export_project
from nlu.training_data import (
    DATA_DIR,
    TrainingData,
    load_article_questions,
    load_training_data,
)
from nlu.types import Engine, Understanding

DEFAULT_MODEL: Final = Path("var/model.okno")
DEFAULT_ARTICLES: Final = DATA_DIR.parent.parent / "knowledge_base" / "content"
DEFAULT_RASA_URL: Final = "http://localhost:5005"

app = typer.Typer(help="Understanding: train, try and measure the engine.", no_args_is_help=True)
_out = Console()
_err = Console(stderr=True)


class EngineName(StrEnum):
    embedded = "embedded"
    rasa = "rasa"


DataOption = Annotated[
    list[Path] | None, typer.Option("--data", help="Training files or folders (repeatable).")
]
ArticlesOption = Annotated[
    Path | None, typer.Option("--articles", help="Folder of articles whose questions count.")
]
ModelOption = Annotated[Path, typer.Option("--model", help="File of the model.")]
LanguageOption = Annotated[
    str, typer.Option("--language", help="«en»: leave out what assumes Russian.")
]


def read_data(data: list[Path] | None, articles: Path | None) -> TrainingData:
    """The phrases to train on: the project's own and the articles', unless files are given."""
    if data:
        loaded = load_training_data(data)
        return (
            TrainingData(loaded.examples + load_article_questions(articles)) if articles else loaded
        )
    loaded = load_training_data([DATA_DIR])
    folder = articles or DEFAULT_ARTICLES
    return TrainingData(loaded.examples + load_article_questions(folder))


def train_and_save(
    data: TrainingData,
    path: Path,
    *,
    seed: int = DEFAULT_SEED,
    russian: bool = True,
    progress: Callable[[str, float], None] | None = None,
) -> EmbeddedEngine:
    """Train, store the model at ``path`` and return the engine."""
    from nlu.training import train

    encoder = default_encoder()
    model = train(data, seed=seed, russian=russian, progress=progress, encoder=encoder)
    engine = EmbeddedEngine(model, encoder)
    engine.model.save(path)
    return engine


def open_engine(
    path: Path, *, progress: Callable[[str, float], None] | None = None
) -> EmbeddedEngine:
    """The stored model, or a new one on the project's data where there is none to use."""
    try:
        return load_engine(path, default_encoder())
    except ModelError as error:
        _err.print(f"{error}; training a new model")
        return train_and_save(read_data(None, None), path, progress=progress)


def rasa_json(understood: Understanding) -> dict[str, Any]:
    """An understanding in the form of Rasa's ``/model/parse`` answer."""
    return {
        "text": understood.text,
        "intent": {"name": understood.intent, "confidence": understood.confidence},
        "entities": [
            {
                "entity": entity.entity,
                "start": entity.start,
                "end": entity.end,
                "value": entity.value,
                "confidence_entity": entity.confidence,
                **({"role": entity.role} if entity.role else {}),
            }
            for entity in understood.entities
        ],
        "intent_ranking": [
            {"name": ranked.intent, "confidence": ranked.confidence}
            for ranked in understood.ranking
        ],
        "model_id": understood.model_id,
    }


@app.command()
def train(
    data: DataOption = None,
    articles: ArticlesOption = None,
    model: ModelOption = DEFAULT_MODEL,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = DEFAULT_SEED,
    language: LanguageOption = "ru",
) -> None:
    """Train a model and store it."""
    begun = time.perf_counter()
    try:
        phrases = read_data(data, articles)
        with _bar() as progress:
            engine = train_and_save(
                phrases, model, seed=seed, russian=language == "ru", progress=_stepper(progress)
            )
    except NluError as error:
        _fail(error)
    took = time.perf_counter() - begun
    _out.print(
        f"{len(phrases.examples)} phrases, {len(phrases.intents)} labels, {took:.1f} s; "
        f"model {engine.model_id} in {model} ({model.stat().st_size / 1e6:.1f} MB)"
    )


@app.command()
def parse(
    text: Annotated[str, typer.Argument(help="A message as a customer would write it.")],
    model: ModelOption = DEFAULT_MODEL,
    explain: Annotated[bool, typer.Option("--explain", help="Show why.")] = False,
) -> None:
    """Read one message and print what was understood, in the form of Rasa's answer."""
    engine = _opened(model)
    now = datetime.now().astimezone()
    answer = rasa_json(engine.parse(text, now=now))
    questions = engine.parse_many(text, now)
    if len(questions) > 1:
        answer["questions"] = [rasa_json(question) for question in questions]
    if explain:
        answer["explanation"] = asdict(engine.explain(text))
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


@app.command(name="evaluate")
def evaluate_file(
    file: Annotated[Path, typer.Argument(help="Labelled messages: a file or a folder.")],
    model: ModelOption = DEFAULT_MODEL,
    engine: Annotated[EngineName, typer.Option(help="Which engine to measure.")] = (
        EngineName.embedded
    ),
    rasa_url: Annotated[str, typer.Option(help="Server of --engine rasa.")] = DEFAULT_RASA_URL,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Measure an engine on labelled messages."""
    embedded = _opened(model)
    failures: list[str] = []
    chosen: Engine = embedded
    if engine is EngineName.rasa:
        chosen = RasaEngine(rasa_url, embedded, on_fallback=failures.append)
    try:
        examples = load_training_data([file]).examples
    except NluError as error:
        _fail(error)
    report = evaluate(chosen, examples, now=datetime.now().astimezone())
    if failures:
        _err.print(f"Rasa failed on {len(failures)} messages ({failures[0]}); not a measurement")
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        print_report(report)
        if engine is EngineName.embedded:
            _out.print(f"model {model.stat().st_size / 1e6:.1f} MB, memory {_memory_mb():.0f} MB")


@app.command(name="rasa-export")
def rasa_export(
    folder: Annotated[Path, typer.Argument(help="Where the Rasa project is written.")],
    data: DataOption = None,
    articles: ArticlesOption = None,
) -> None:
    """Write a Rasa 3.6 project with the same training data."""
    try:
        phrases = read_data(data, articles)
    except NluError as error:
        _fail(error)
    export_project(phrases.examples, folder)
    _out.print(f"{len(phrases.examples)} phrases in {folder}; train there with `rasa train nlu`")


def print_report(report: Report) -> None:
    """The report as tables in the terminal."""
    _out.print(
        f"{report.n} messages: accuracy {report.accuracy:.1%}, top-3 {report.top3_accuracy:.1%}, "
        f"macro-F1 {report.macro_f1:.1%}, calibration error {report.ece:.3f}"
    )
    groups = ", ".join(f"{group} {share:.1%}" for group, share in report.groups.items())
    _out.print(f"by group: {groups}")
    if report.danger_recall is not None:
        _out.print(f"recall of danger {report.danger_recall:.1%}")
    _out.print(
        f"entities F1 {report.entity_total.f1:.1%} (with value {report.value_total.f1:.1%}); "
        f"latency p50 {report.latency_p50:.1f} ms, p99 {report.latency_p99:.1f} ms, "
        f"{report.per_second:.0f} messages a second"
    )
    _out.print(_counts_table("Intents", report.intents))
    _out.print(_counts_table("Entities", report.entities))
    curve = Table("threshold", "in-scope accuracy", "out-of-scope recall", title="Curve")
    for point in report.oos_curve:
        curve.add_row(
            f"{point.threshold:.2f}",
            f"{point.in_scope_accuracy:.1%}",
            f"{point.out_of_scope_recall:.1%}",
        )
    _out.print(curve)
    worst = Table("expected", "predicted", "times", "examples", title="Worst confusions")
    for confusion in report.confusions:
        worst.add_row(
            confusion.expected,
            confusion.predicted,
            str(confusion.count),
            "\n".join(text[:90] for text in confusion.examples),
        )
    _out.print(worst)


def _counts_table(title: str, rows: dict[str, Any]) -> Table:
    table = Table("name", "n", "precision", "recall", "F1", title=title)
    for name, counts in rows.items():
        table.add_row(
            name,
            str(counts.right + counts.missed),
            f"{counts.precision:.1%}",
            f"{counts.recall:.1%}",
            f"{counts.f1:.1%}",
        )
    return table


def _opened(model: Path) -> EmbeddedEngine:
    try:
        with _bar() as progress:
            return open_engine(model, progress=_stepper(progress))
    except NluError as error:
        _fail(error)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=_err,
        transient=True,
    )


def _stepper(progress: Progress) -> Callable[[str, float], None]:
    tasks: dict[str, Any] = {}

    def step(name: str, share: float) -> None:
        if name not in tasks:
            tasks[name] = progress.add_task(name, total=1.0)
        progress.update(tasks[name], completed=share)

    return step


def _fail(error: NluError) -> NoReturn:
    _err.print(str(error), style="red", markup=False)
    raise typer.Exit(1) from error


def _memory_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e6
