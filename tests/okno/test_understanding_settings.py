"""Which engine reads the messages: wrong combinations are named in one line."""

from pathlib import Path

import pytest

from okno import settings
from okno.errors import WrongSetting


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"OKNO_NLU_ENGINE": "rasa"}, "OKNO_RASA_URL: required"),
        ({"OKNO_RASA_URL": "http://rasa:5005"}, "OKNO_RASA_URL: without OKNO_NLU_ENGINE=rasa"),
        ({"OKNO_NLU_ENGINE": "rasa", "OKNO_RASA_URL": "rasa:5005"}, "OKNO_RASA_URL"),
        ({"OKNO_NLU_ENGINE": "diet"}, "OKNO_NLU_ENGINE"),
        ({"OKNO_NLU_ENCODER": "/no/such/folder"}, "OKNO_NLU_ENCODER: there is no folder"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], named: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=named) as error:
        settings.load()
    assert "\n" not in str(error.value)


def test_rasa_with_its_address_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_NLU_ENGINE", "rasa")
    monkeypatch.setenv("OKNO_RASA_URL", "http://127.0.0.1:5005")
    loaded = settings.load()
    assert (loaded.nlu_engine, loaded.rasa_url) == ("rasa", "http://127.0.0.1:5005")


def test_an_encoder_named_in_the_env_file_reaches_the_training_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Set first, so that it is taken back after the test.
    monkeypatch.setenv("OKNO_NLU_ENCODER", "")
    monkeypatch.delenv("OKNO_NLU_ENCODER")
    (tmp_path / "encoder").mkdir()
    (tmp_path / ".env").write_text("OKNO_NLU_ENCODER=encoder\n")
    settings.load()
    from nlu.encoders import default_encoder
    from nlu.errors import ModelError

    with pytest.raises(ModelError, match=r"encoder's folder has no model\.onnx"):
        default_encoder()
