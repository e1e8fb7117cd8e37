"""The customer's chat page, the widget for the company's site, and a page to try the widget on."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bots.intake import Intake
from bots.web_chat import api, live, uploads
from bots.web_chat.chat import Chat, Cookie, Gates
from bots.web_chat.limits import ChatLimits
from bots.web_chat.visitors import Visitors
from conversations.events import Events
from media.links import Links
from media.store import LARGEST, MediaStore
from storage.clock import Clock
from storage.database import Database
from web.hub import EventHub
from web.security import content_security_policy
from web.static_files import Static

# The room's name and folder, for ``web.static_files.Static``.
ROOM = "web_chat"
FOLDER = Path(__file__).parent

IDLE_MINUTES = 15
# What an empty page offers; each is sent as the customer's own words.
SUGGESTIONS = (
    "Передать показания", "Сколько я должен?", "Тарифы", "Нет света", "Позвать оператора",
)  # fmt: skip


def router(
    *,
    database: Database,
    intake: Intake,
    events: Events,
    hub: EventHub,
    account_id: int,
    company: str,
    company_phone: str,
    zone: ZoneInfo,
    static: Static,
    clock: Clock,
    links: Links,
    media: MediaStore,
    limits: ChatLimits | None = None,
    frame_ancestors: Sequence[str] = ("'self'",),
    public_url: str | None = None,
    secure_cookies: bool = False,
) -> APIRouter:
    """Everything under ``/chat``, and ``/widget.js``.

    ``static`` serves ``FOLDER / "static"`` under the name ``ROOM``. ``frame_ancestors``: sources
    of the CSP directive, the sites that may show the widget. ``public_url``: the address people
    open, where it differs from ours. ``zone``: the company's, in which promises are told.
    The caller starts and closes ``hub``.
    """
    chat = Chat(
        database=database,
        intake=intake,
        events=events,
        hub=hub,
        visitors=Visitors(database),
        gates=Gates(limits or ChatLimits(), clock),
        cookie=Cookie(secure_cookies),
        account_id=account_id,
        clock=clock,
        links=links,
        media=media,
        public_url=public_url,
    )
    routes = APIRouter()
    routes.include_router(api.router(chat))
    routes.include_router(uploads.router(chat))
    routes.include_router(live.router(chat))
    routes.include_router(
        _pages(
            static,
            company=company,
            phone=company_phone,
            zone=zone,
            frame_ancestors=frame_ancestors,
        )
    )
    return routes


def _pages(
    static: Static, *, company: str, phone: str, zone: ZoneInfo, frame_ancestors: Sequence[str]
) -> APIRouter:
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {
        "static_url": lambda name: static.url(f"{ROOM}/{name}"),
        "company": company,
        "phone": phone,
        "time_zone": zone.key,
        "phone_link": "".join(sign for sign in phone if sign.isdigit() or sign == "+"),
    }
    widget = (FOLDER / "static" / "widget.js").read_bytes()
    routes = APIRouter(include_in_schema=False)

    @routes.get("/chat")
    async def page(embed: bool = Query(False)) -> Response:
        """The page itself knows nobody and stores nothing: its script asks for the rest."""
        body = templates.get_template("chat.html").render(
            embed=embed,
            suggestions=SUGGESTIONS,
            idle_minutes=IDLE_MINUTES,
            longest_text=api.LONGEST_TEXT,
            largest_file=LARGEST,
        )
        ancestors = frame_ancestors if embed else ("'none'",)
        headers = {
            "content-security-policy": content_security_policy(frame_ancestors=ancestors),
            "cache-control": "no-cache",
        }
        if not embed:
            headers["x-frame-options"] = "DENY"
        return HTMLResponse(body, headers=headers)

    @routes.get("/chat/demo-site")
    async def demo_site() -> Response:
        return HTMLResponse(templates.get_template("demo_site.html").render())

    @routes.get("/widget.js")
    async def widget_script() -> Response:
        headers = {
            "cache-control": "public, max-age=600",
            # The one file that other sites load.
            "cross-origin-resource-policy": "cross-origin",
        }
        return Response(widget, media_type="text/javascript; charset=utf-8", headers=headers)

    return routes
