from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nlu.encoders import OnnxEncoder, built_in_encoder, encoder_from
from nlu.errors import ModelError


class Session:
    """A network whose last layer repeats the token's number, times two, in both directions."""

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="input_ids"), SimpleNamespace(name="attention_mask")]

    def run(self, _: None, inputs: dict[str, Any]) -> list[Any]:
        assert set(inputs) == {"input_ids", "attention_mask"}
        ids = inputs["input_ids"]
        return [np.stack([ids, ids * 2], axis=-1)]


class Tokenizer:
    def encode(self, text: str) -> SimpleNamespace:
        return SimpleNamespace(ids=[ord(char) for char in text])


def test_averages_the_last_layer_over_the_tokens() -> None:
    encoder = OnnxEncoder(Session(), Tokenizer(), name="onnx:test")

    assert encoder.encode(["\1\3", "\5"]).tolist() == [[2, 4], [5, 10]]


def test_the_prefix_goes_before_each_text() -> None:
    encoder = OnnxEncoder(Session(), Tokenizer(), name="onnx:test", prefix="\7")

    assert encoder.encode(["\1"]).tolist() == [[4, 8]]


def test_the_built_in_encoder_is_the_default() -> None:
    assert encoder_from(None) is built_in_encoder()
    assert encoder_from("").encode(["свет"]).shape == (1, 512)


def test_an_incomplete_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.onnx"):
        encoder_from(str(tmp_path))
