import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nlu.cli import app
from nlu.embedded import EmbeddedEngine

RUNNER = CliRunner()
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def model(small_engine: EmbeddedEngine, tmp_path: Path) -> Path:
    path = tmp_path / "model.okno"
    small_engine.model.save(path)
    return path


def test_parse_prints_what_rasa_would(model: Path) -> None:
    result = RUNNER.invoke(app, ["parse", "сколько я должен за октябрь", "--model", str(model)])

    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert answer["intent"]["name"] == "balance"
    assert answer["intent_ranking"][0] == answer["intent"]
    assert answer["entities"][0]["entity"] == "date"
    assert "explanation" not in answer


def test_parse_explains(model: Path) -> None:
    result = RUNNER.invoke(app, ["parse", "откуда пени", "--explain", "--model", str(model)])

    explanation = json.loads(result.stdout)["explanation"]
    assert explanation["labels"][0]["intent"] == "faq/penalty"
    assert explanation["nearest"]


def test_parse_shows_several_questions(model: Path) -> None:
    text = "Сколько я сейчас должен? И почему начислили пени?"
    result = RUNNER.invoke(app, ["parse", text, "--model", str(model)])

    questions = json.loads(result.stdout)["questions"]
    assert [one["intent"]["name"] for one in questions] == ["balance", "faq/penalty"]


def test_train_stores_a_model(rasa_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.okno"
    result = RUNNER.invoke(app, ["train", "--data", str(rasa_file), "--model", str(path)])

    assert result.exit_code == 0
    assert path.exists()
    assert "3 phrases, 2 labels" in result.stdout


def test_a_broken_file_leaves_the_old_model(rasa_file: Path, model: Path) -> None:
    before = model.read_bytes()
    rasa_file.write_text("nlu:\n- intent: a\n  examples: |\n    no dash\n", encoding="utf-8")

    result = RUNNER.invoke(app, ["train", "--data", str(rasa_file), "--model", str(model)])

    assert result.exit_code == 1
    assert f"{rasa_file.name}:4" in result.output.replace("\n", "")
    assert model.read_bytes() == before


def test_evaluate_prints_one_json_object(model: Path, rasa_file: Path) -> None:
    result = RUNNER.invoke(app, ["evaluate", str(rasa_file), "--json", "--model", str(model)])

    report = json.loads(result.stdout)
    assert report["n"] == 3
    assert report["accuracy"] == 1.0


def test_evaluate_prints_tables(model: Path, rasa_file: Path) -> None:
    result = RUNNER.invoke(app, ["evaluate", str(rasa_file), "--model", str(model)])

    assert result.exit_code == 0
    assert "3 messages" in result.stdout


def test_rasa_without_a_server_is_no_measurement(model: Path, rasa_file: Path) -> None:
    result = RUNNER.invoke(
        app,
        [
            "evaluate",
            str(rasa_file),
            "--engine",
            "rasa",
            "--model",
            str(model),
            "--rasa-url",
            NOBODY,
        ],
    )

    assert result.exit_code == 1
    assert "(ConnectError)" in result.output


def test_export_writes_a_project(rasa_file: Path, tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["rasa-export", str(tmp_path / "out"), "--data", str(rasa_file)])

    assert result.exit_code == 0
    assert (tmp_path / "out" / "domain.yml").exists()
