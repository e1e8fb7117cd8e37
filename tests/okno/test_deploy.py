"""What stands in ``deploy/`` is true: commands, settings, units and the names of the metrics."""

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from prometheus_client import REGISTRY
from typer.testing import CliRunner

import okno.app
import okno.operations
import okno.retention  # noqa: F401
from okno.cli import app
from okno.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SETTINGS = {f"OKNO_{name.upper()}" for name in Settings.model_fields}


def known_series() -> set[str]:
    names: set[str] = set()
    for metric in REGISTRY.collect():
        names.add(metric.name)
        names |= {f"{metric.name}_{suffix}" for suffix in ("total", "bucket", "count", "sum")}
    return names


def expressions() -> list[str]:
    alerts = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
    dashboard = json.loads((DEPLOY / "grafana.json").read_text())
    return [rule["expr"] for group in alerts["groups"] for rule in group["rules"]] + [
        target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
    ]


@pytest.mark.parametrize("expression", expressions())
def test_alerts_and_dashboard_ask_for_metrics_that_exist(expression: str) -> None:
    asked = set(re.findall(r"\b(?:okno|process)_[a-z_]+\b", expression))
    assert asked <= known_series()
    assert asked or "up{" in expression


def commands() -> list[list[str]]:
    of_compose = [s["command"] for s in COMPOSE["services"].values() if s.get("image") == "okno"]
    units = "".join((DEPLOY / name).read_text() for name in ("okno.service", "okno-backup.service"))
    of_units = re.findall(r"/opt/okno/\.venv/bin/okno ([^'\n]+)", units)
    return of_compose + [shlex.split(words) for words in of_units]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_exists_with_its_options(words: list[str]) -> None:
    plain = [word for word in words if word.startswith("--") or word.isalpha()]
    shown = CliRunner().invoke(app, [*plain[:2], "--help"] if plain[0] != "serve" else
                               ["serve", "--help"], terminal_width=200)  # fmt: skip
    assert shown.exit_code == 0, shown.output
    for option in (word for word in plain if word.startswith("--")):
        assert option in shown.output


def test_compose_names_only_settings_that_exist() -> None:
    example = (DEPLOY / "okno.env.example").read_text()
    named = set(re.findall(r"\bOKNO_[A-Z0-9_]+", (DEPLOY / "compose.yaml").read_text() + example))
    assert named <= SETTINGS


def test_compose_is_what_its_specification_asks_for() -> None:
    schema = json.loads((Path(__file__).parent / "vendor" / "compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(COMPOSE)
    # The schema is one that finds mistakes.
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate({"services": {"web": {"imagine": "okno"}}})


def test_compose_has_what_many_processes_need() -> None:
    services: dict[str, Any] = COMPOSE["services"]
    assert services["web"]["deploy"]["replicas"] == services["worker"]["deploy"]["replicas"] == 2
    roles = ",".join(services[name]["command"][2] for name in ("web", "worker"))
    assert sorted(roles.split(",")) == ["jobs", "sender", "web", "worker"]
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert other in services, name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            local = source.startswith((".", "/"))
            assert local or source in COMPOSE["volumes"]
    assert "ports" not in services["postgres"]
    assert "ports" not in services["web"]


@pytest.mark.parametrize("name", ["okno.service", "okno-backup.service", "okno-backup.timer"])
def test_units_have_their_sections(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / name)
    assert unit["Unit"]["Description"]
    if name.endswith(".timer"):
        assert unit["Timer"]["OnCalendar"]
    else:
        assert unit["Service"]["EnvironmentFile"] == "/etc/okno.env"
        assert unit["Service"]["User"] == "okno"


def test_the_proxy_does_not_believe_strangers_nor_hold_streams_back() -> None:
    conf = (DEPLOY / "nginx.conf").read_text()
    assert "X-Forwarded-For $remote_addr;" in conf
    assert "proxy_buffering off;" in conf
    assert "location = /metrics { return 404; }" in conf
