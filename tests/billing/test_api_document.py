"""docs/billing-api.yaml says what the code does: its examples are read by it, its fields agree."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from billing import signing, wire
from billing.models import ChargeKind
from billing.payments.api import PaymentsIn

FILE = Path(__file__).parents[2] / "docs" / "billing-api.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
ANSWERS: dict[str, type[BaseModel]] = {
    "/account": wire.AccountJson, "/balance": wire.BalanceJson, "/bills": wire.BillsJson,
    "/payments": wire.PaymentsJson, "/readings": wire.ResultsJson,
}  # fmt: skip


def answer_of(path: str) -> Any:
    (operation,) = DOCUMENT["paths"][path].values()
    return operation["responses"]["200"]["content"]["application/json"]["example"]


def test_it_names_every_path_that_is_asked() -> None:
    assert set(DOCUMENT["paths"]) == {*ANSWERS, "/document"}
    assert DOCUMENT["openapi"].startswith("3.1")


@pytest.mark.parametrize("path", ANSWERS)
def test_an_example_is_understood_whole(path: str) -> None:
    example = answer_of(path)
    read = ANSWERS[path].model_validate(example).model_dump(mode="json")
    assert _inside(example, read)


def test_the_example_of_payments_is_taken() -> None:
    body = DOCUMENT["webhooks"]["payments"]["post"]["requestBody"]["content"]["application/json"]
    assert PaymentsIn.model_validate(body["example"]).payments[0].kopecks == 180_250


@pytest.mark.parametrize(
    ("name", "model"),
    [("Meter", wire.MeterJson), ("Account", wire.AccountJson), ("Balance", wire.BalanceJson),
     ("Line", wire.LineJson)],
)  # fmt: skip
def test_fields_and_what_is_required_agree(name: str, model: type[BaseModel]) -> None:
    schema = SCHEMAS[name]
    assert set(schema["properties"]) == set(model.model_fields)
    needed = {field for field, info in model.model_fields.items() if info.is_required()}
    assert set(schema["required"]) == needed


def test_kinds_of_charges_agree() -> None:
    assert SCHEMAS["Kind"]["enum"] == list(ChargeKind)


def test_the_example_of_a_signature_is_right() -> None:
    description = DOCUMENT["info"]["description"]
    secret, timestamp = re.findall(r"`([0-9a-f]{32})`|`(\d{10})`", description)[:2]
    target = re.search(r"`GET (\S+)`", description)
    assert target is not None
    found = signing.sign(secret[0].encode(), timestamp[1], "GET", target[1], b"")
    assert f"`{found}`" in description


def _inside(given: Any, read: Any) -> bool:
    """Everything of ``given`` came through."""
    if isinstance(given, dict):
        return all(key in read and _inside(value, read[key]) for key, value in given.items())
    if isinstance(given, list):
        return len(given) == len(read) and all(map(_inside, given, read))
    if isinstance(given, str) and re.match(r"\d{4}-\d\d-\d\dT", given):
        return bool(given[:16] == read[:16])
    return bool(given == read)
