from pathlib import Path

import yaml

from nlu.rasa_export import annotated, export_project
from nlu.training_data import load_training_data, read_example


def test_annotations_are_written_back_as_they_were() -> None:
    for source in (
        "долг за [октябрь](date) и [ноябрь](date)",
        'день [4471]{"entity": "reading", "role": "day"}',
        "просто текст",
    ):
        assert annotated(read_example(source, "balance", Path("x"), 1)) == source


def test_the_project_is_complete_and_reads_back(rasa_file: Path, tmp_path: Path) -> None:
    source = load_training_data([rasa_file]).examples
    faq = read_example("откуда пени", "faq/penalty", rasa_file, 1)
    folder = tmp_path / "rasa"

    export_project((*source, faq), folder)

    written = load_training_data([folder / "data"]).examples
    assert {(one.text, one.intent) for one in written} == {
        (one.text, one.intent) for one in (*source, faq)
    }
    domain = yaml.safe_load((folder / "domain.yml").read_text(encoding="utf-8"))
    assert domain["intents"] == ["balance", "faq", "submit_reading"]
    assert list(domain["responses"]) == ["utter_faq/penalty"]
    pipeline = yaml.safe_load((folder / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    assert "DIETClassifier" in [component["name"] for component in pipeline]
    assert "rasa==3.6.21" in (folder / "requirements.txt").read_text(encoding="utf-8")
