"""The client against an exchange in the form that Rasa 3.6.21 gives."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from nlu.rasa_client import RasaEngine
from nlu.types import Engine, Understanding
from tests.nlu.conftest import NOW

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "rasa_exchange.json").read_text(encoding="utf-8")
)


class Fallback:
    model_id = "embedded"

    def parse(self, text: str, *, now: datetime) -> Understanding:
        return Understanding(text, "help", 0.5, model_id=self.model_id)


def engine(handler: Any, reasons: list[str] | None = None) -> RasaEngine:
    client = httpx.Client(transport=httpx.MockTransport(handler))
    noted = reasons if reasons is not None else []
    return RasaEngine("http://rasa:5005/", Fallback(), client=client, on_fallback=noted.append)


def answering(body: object) -> Any:
    return lambda _: httpx.Response(200, json=body)


@pytest.mark.parametrize("exchange", RECORDED["exchanges"], ids=lambda one: one["understood"])
def test_reads_recorded_answers(exchange: dict[str, Any]) -> None:
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=exchange["answer"])

    rasa: Engine = engine(handle)
    understood = rasa.parse(exchange["request"]["text"], now=NOW)

    assert str(asked[0].url) == "http://rasa:5005/model/parse"
    assert json.loads(asked[0].content) == exchange["request"]
    assert understood.intent == exchange["understood"]
    assert understood.ranking[0].intent == understood.intent
    assert [one.confidence for one in understood.ranking[1:]] == sorted(
        (one.confidence for one in understood.ranking[1:]), reverse=True
    )
    assert [[e.entity, e.value, e.role] for e in understood.entities] == exchange["entities"]


def test_a_slow_server_is_replaced_by_the_fallback() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too slow", request=request)

    reasons: list[str] = []

    assert engine(handle, reasons).parse("привет", now=NOW).model_id == "embedded"
    assert reasons == ["ReadTimeout"]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500),
        httpx.Response(404, json={"reason": "no model"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"intent": {"name": None}}),
        httpx.Response(200, json={"intent": {"name": "faq", "confidence": 1.0}}),
        httpx.Response(
            200,
            json={
                "intent": {"name": "pay", "confidence": 1.0},
                "entities": [{"entity": "amount", "start": 0, "end": 99, "value": "1"}],
            },
        ),
    ],
    ids=["500", "404", "html", "empty", "list", "no intent", "no topic", "outside"],
)
def test_a_useless_answer_is_replaced_by_the_fallback(response: httpx.Response) -> None:
    reasons: list[str] = []

    assert engine(lambda _: response, reasons).parse("привет", now=NOW).intent == "help"
    assert len(reasons) == 1


def test_unprintable_text_travels() -> None:
    body = {"intent": {"name": "out_of_scope", "confidence": 0.9}}

    assert engine(answering(body)).parse("\ud800" * 5000, now=NOW).intent == "out_of_scope"
