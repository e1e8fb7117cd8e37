"""VK's own schema of its API, as much of it as our requests use, and the check of a request by it.

``requests.json``: methods and definitions of https://github.com/VKCOM/vk-api-schema, commit
0efe478fc101 (API 5.199), unchanged; MIT, see LICENSE beside it.

The schema is JSON Schema with ``required`` inside the properties; parameters travel as text in a
form: lists with commas, objects as JSON. Where the documentation on dev.vk.com knows more than the
schema, it is named here.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SCHEMA = json.loads((Path(__file__).parent / "requests.json").read_text(encoding="utf-8"))
_DEFINITIONS: Mapping[str, Any] = _SCHEMA["definitions"]
METHODS: Mapping[str, Mapping[str, Any]] = {
    method["name"]: {one["name"]: one for one in method.get("parameters", ())}
    for method in _SCHEMA["methods"]
}
_ALWAYS = {"access_token", "v"}
# dev.vk.com, «execute»: the schema names none of its parameters.
_BESIDE: Mapping[str, Mapping[str, Any]] = {"execute": {"code": {"type": "string"}}}
# dev.vk.com, «Клавиатура»: what the schema still calls «default».
_COLOURS = {"secondary"}


class Violation(ValueError):
    """What the schema does not allow, and where."""


def check(method: str, params: Mapping[str, str]) -> None:
    """A request's parameters as they came in the form. Raises KeyError for an unknown method,
    Violation."""
    known = {**METHODS[method], **_BESIDE.get(method, {})}
    for name, value in params.items():
        if name in _ALWAYS:
            continue
        if name not in known:
            raise Violation(f"{method}: {name}")
        _check_text(f"{method}: {name}", known[name], value)
    for name, rule in known.items():
        if rule.get("required") and name not in params:
            raise Violation(f"{method}: {name} is missing")


def _check_text(where: str, rule: Mapping[str, Any], text: str) -> None:
    """A parameter as it stands in a form."""
    if "$ref" in rule:
        _check(where, {"$ref": rule["$ref"]}, json.loads(text) if _is_object(rule) else text)
        return
    match rule.get("type"):
        case "integer":
            if not re.fullmatch(r"-?\d+", text):
                raise Violation(where)
            _check(where, rule, int(text))
        case "boolean":
            if text not in {"0", "1"}:
                raise Violation(where)
        case "array":
            for item in text.split(","):
                _check_text(where, rule["items"], item)
        case [*kinds]:
            if "string" not in kinds:
                _check_text(where, {**rule, "type": kinds[0]}, text)
        case _:
            _check(where, rule, text)


def _is_object(rule: Mapping[str, Any]) -> bool:
    return bool(_definition(rule["$ref"]).get("type") == "object")


def _definition(reference: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _DEFINITIONS[reference.rpartition("/")[2]]
    return found


def _check(where: str, rule: Mapping[str, Any], value: Any) -> None:
    if "$ref" in rule:
        rule = _definition(rule["$ref"])
    if "oneOf" in rule:
        kind = value.get("type") if isinstance(value, dict) else None
        mapping = rule["discriminator"]["mapping"]
        if kind not in mapping:
            raise Violation(f"{where}: type {kind}")
        _check(where, {"$ref": mapping[kind]}, value)
        return
    python: dict[str, type] = {
        "object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
    }  # fmt: skip
    if not isinstance(value, python[rule["type"]]):
        raise Violation(f"{where}: no {rule['type']}")
    allowed = {*rule["enum"], *_COLOURS} if "enum" in rule else None
    if allowed is not None and value not in allowed:
        raise Violation(f"{where}: {value}")
    if isinstance(value, str) and len(value) > rule.get("maxLength", len(value)):
        raise Violation(f"{where}: too long")
    if isinstance(value, int) and not (
        rule.get("minimum", value) <= value <= rule.get("maximum", value)
    ):
        raise Violation(f"{where}: {value}")
    if isinstance(value, list):
        for item in value:
            _check(where, rule["items"], item)
    if isinstance(value, dict):
        _check_object(where, rule["properties"], value)


def _check_object(where: str, properties: Mapping[str, Any], value: Mapping[str, Any]) -> None:
    for name, content in value.items():
        if name not in properties:
            raise Violation(f"{where}.{name}")
        _check(f"{where}.{name}", properties[name], content)
    for name, rule in properties.items():
        if rule.get("required") and name not in value:
            raise Violation(f"{where}.{name} is missing")
