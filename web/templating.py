"""Templates of the staff pages: one Jinja environment, escaping always on.

A room's templates stand below its name: ``handoff/inbox.html`` extends ``layout.html``.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
)
from markupsafe import Markup
from starlette.templating import Jinja2Templates

from storage.clock import Clock
from web import wording
from web.static_files import Static

OWN = Path(__file__).parent / "templates"

# htmx writes no styles into the page and evaluates nothing: the content policy forbids both.
# Answers with an error are not put into the page, except a form with its mistakes (422).
HTMX = json.dumps(
    {
        "allowEval": False,
        "includeIndicatorStyles": False,
        "historyCacheSize": 0,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "422", "swap": True},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }
)


def make_templates(
    *,
    company: str,
    zone: ZoneInfo,
    clock: Clock,
    static: Static,
    rooms: Mapping[str, Path] | None = None,
) -> Jinja2Templates:
    """``rooms``: folders of templates by the names of the rooms.

    Filters: ``clock_time`` («14:20»), ``day`` («сегодня», «18 ноября»), ``moment`` («сегодня,
    14:20»), ``local`` (a datetime in the company's zone), ``duration``. Globals: ``static_url``,
    ``plural``, ``company``.
    """
    loaders: dict[str, BaseLoader] = {
        room: FileSystemLoader(folder) for room, folder in (rooms or {}).items()
    }
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(OWN), PrefixLoader(loaders)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def local(value: datetime) -> datetime:
        return value.astimezone(zone)

    def day(value: datetime) -> str:
        return wording.day(local(value), local(clock.now()))

    def clock_time(value: datetime) -> str:
        return local(value).strftime("%H:%M")

    def moment(value: datetime) -> str:
        return f"{day(value)}, {clock_time(value)}"

    def icon(name: str, css: str = "") -> Markup:
        return Markup(
            '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>'
        ).format(css, static.url("icons.svg"), name)

    environment.filters |= {
        "local": local,
        "day": day,
        "clock_time": clock_time,
        "moment": moment,
        "duration": wording.duration,
    }
    environment.globals |= {
        "static_url": static.url,
        "plural": wording.plural,
        "icon": icon,
        "company": company,
        "htmx_config": HTMX,
    }
    return Jinja2Templates(env=environment)
