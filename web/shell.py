"""What the staff pages share. ``okno/`` makes one and puts it into the application."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.templating import Jinja2Templates

from staff.service import StaffService
from storage.clock import Clock
from web.hub import EventHub
from web.security import Headers, SessionCookie
from web.static_files import Static
from web.templating import make_templates


@dataclass(frozen=True, slots=True)
class Shell:
    """``public_url`` is the address that people open, where it differs from ours."""

    staff: StaffService
    hub: EventHub
    clock: Clock
    static: Static
    templates: Jinja2Templates
    cookie: SessionCookie
    headers: Headers
    public_url: str | None


def make_shell(
    *,
    staff: StaffService,
    hub: EventHub,
    clock: Clock,
    company: str,
    zone: ZoneInfo,
    public_url: str | None = None,
    rooms: Mapping[str, Path] | None = None,
) -> Shell:
    """``rooms``: name and folder of each room that brings ``templates/`` and ``static/``."""
    rooms = rooms or {}
    static = Static({name: path / "static" for name, path in rooms.items()
                     if (path / "static").is_dir()})  # fmt: skip
    https = public_url is not None and public_url.startswith("https://")
    return Shell(
        staff=staff,
        hub=hub,
        clock=clock,
        static=static,
        templates=make_templates(
            company=company,
            zone=zone,
            clock=clock,
            static=static,
            rooms={name: path / "templates" for name, path in rooms.items()},
        ),
        cookie=SessionCookie(https),
        headers=Headers(https),
        public_url=public_url,
    )


def shell_of(request: HTTPConnection) -> Shell:
    shell: Shell = request.app.state.shell
    return shell


def put_into(app: FastAPI, shell: Shell) -> None:
    app.state.shell = shell
