"""What stands in ``deploy/`` is true: commands, settings, units and the names of the metrics."""

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

import okno.app
import okno.retention  # noqa: F401
from okno import operations
from okno import profile as profiles
from okno.assemble import assemble
from okno.cli import app
from okno.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNITS = ["okno.service", "okno@.service", "okno-backup.service", "okno-backup.timer"]
SETTINGS = {f"OKNO_{name.upper()}" for name in Settings.model_fields}


def rules() -> list[dict[str, Any]]:
    alerts = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
    return [rule for group in alerts["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    dashboard = json.loads((DEPLOY / "grafana.json").read_text())
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [rule["expr"] for rule in rules()] + shown


# What an expression of PromQL may consist of, as far as ours do.
_TOKEN = re.compile(
    r"""\s+|"[^"]*"|\{|\}|\(|\)|\[\d+[smhd]\]|>=|<=|==|=~|=|>|<|/|\*|,|[a-z_]+|\d+(?:\.\d+)?(?:e\d+)?"""
)
_WORDS = {"max", "min", "sum", "abs", "rate", "increase", "histogram_quantile", "by", "and",
          "ignoring", "up"}  # fmt: skip


async def test_alerts_and_dashboard_ask_for_metrics_that_exist(sqlite_url: str) -> None:
    """By the names and labels that a real process tells at /metrics."""
    settings = Settings(database_url=sqlite_url, secret_key="x" * 40, _env_file=None)
    services = assemble(settings, profiles.load("demo"))
    app = operations.create_app(services, [], {})
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://okno.test") as client:
        answer = await client.get("/metrics")
    await services.close()
    names: set[str] = set()
    for family in text_string_to_metric_families(answer.text):
        names.add(family.name)
        suffixes = {"counter": ("total",), "histogram": ("bucket", "count", "sum")}
        names |= {f"{family.name}_{suffix}" for suffix in suffixes.get(family.type, ())}
    labels = {"le", "job", "instance"}
    for collector in REGISTRY._names_to_collectors.values():
        labels |= set(getattr(collector, "_labelnames", ()))
    for expression in expressions():
        assert _TOKEN.sub("", expression) == "", expression
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), expression
        bare = re.sub(r'"[^"]*"|\[\d+[smhd]\]|\b\d+e\d+\b', "", expression)
        words = set(re.findall(r"[a-z][a-z_]*", bare)) - _WORDS
        asked = {word for word in words if word.startswith(("okno_", "process_"))}
        assert asked <= names, expression
        assert asked or "up{" in expression
        assert words - asked <= labels, expression


def test_alerts_and_dashboard_ask_for_outcomes_that_are_told() -> None:
    """An alert on an outcome that nothing counts would be silent for ever."""
    told: dict[str, set[str]] = {"status": {f"{first}xx" for first in range(1, 6)}}
    source = "".join(
        path.read_text("utf-8")
        for room in ("bots", "dialogs", "billing", "okno", "media")
        for path in (DEPLOY.parent / room).rglob("*.py")
    )
    asked = {
        pair
        for expression in expressions()
        for pair in re.findall(r'(\w+)=~?"([^"]*)"', expression)
        if pair[0] != "job"
    }
    assert len(asked) >= 6
    for label, values in asked:
        for value in values.split("|"):
            assert value in told.get(label, ()) or f'"{value}"' in source, (label, value)


def test_every_alert_is_explained_to_the_administrator() -> None:
    guide = (DEPLOY.parent / "docs" / "guides" / "administrator.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (Okno\w+)", guide, re.MULTILINE)
    assert headings == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        # What the summary names is left by the expression.
        named = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"]))))
        assert named <= kept or "by (" not in rule["expr"], rule["alert"]


def commands() -> list[list[str]]:
    of_compose = [s["command"] for s in COMPOSE["services"].values() if s.get("image") == "okno"]
    units = "".join((DEPLOY / name).read_text() for name in UNITS[:3])
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


def test_the_example_has_every_setting_with_its_default() -> None:
    """What is commented out is in force when it is left out."""
    example = (DEPLOY / "okno.env.example").read_text()
    lines = dict(re.findall(r"^(#?OKNO_[A-Z0-9_]+)=(.*)$", example, re.MULTILINE))
    assert {name.lstrip("#") for name in lines} == SETTINGS
    for name, field in Settings.model_fields.items():
        shown = lines.get(f"#OKNO_{name.upper()}")
        if shown is not None:
            assert shown == ("" if field.default is None else str(field.default)), name
    named = set(re.findall(r"\bOKNO_[A-Z0-9_]+", (DEPLOY / "compose.yaml").read_text()))
    assert named <= SETTINGS


def test_compose_is_what_its_specification_asks_for() -> None:
    schema = json.loads((Path(__file__).parent / "vendor" / "compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(COMPOSE)
    # The schema is one that finds mistakes.
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate({"services": {"web": {"imagine": "okno"}}})


def test_compose_has_what_many_processes_need() -> None:
    services: dict[str, Any] = COMPOSE["services"]
    serving = {name: one for name, one in services.items() if "serve" in one.get("command", ())}
    assert {one["deploy"]["replicas"] for one in serving.values()} == {2}
    roles = [role for one in serving.values() for role in one["command"][2].split(",")]
    assert sorted(roles) == ["scheduler", "sender", "web", "worker"]
    scraped = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"][0]
    assert scraped["dns_sd_configs"] == [{"names": list(serving), "type": "A", "port": 8080}]
    for one in serving.values():
        assert one["command"][-2:] == ["--port", "8080"], "for Prometheus and the health check"
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert other in services, name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            local = source.startswith((".", "/"))
            assert local or source in COMPOSE["volumes"]
        assert name == "proxy" or "ports" not in service, "only the proxy is seen from outside"
    kept_out = (DEPLOY.parent / ".dockerignore").read_text().split()
    assert {"deploy/okno.env", "deploy/certificate", "**/.env", "var", ".git"} <= set(kept_out)


@pytest.mark.parametrize("name", UNITS)
def test_units_have_their_sections(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / name)
    assert unit["Unit"]["Description"]
    if name.endswith(".timer"):
        assert unit["Timer"]["OnCalendar"]
    else:
        text = (DEPLOY / name).read_text()
        assert "\nEnvironmentFile=/etc/okno.env\n" in text
        assert unit["Service"]["User"] == "okno"


def test_the_proxy_does_not_believe_strangers_nor_hold_streams_back() -> None:
    conf = (DEPLOY / "nginx.conf").read_text()
    assert "X-Forwarded-For $remote_addr;" in conf
    assert "proxy_buffering off;" in conf
    assert "location = /metrics { return 404; }" in conf
