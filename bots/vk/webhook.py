"""VK's Callback API: «ok» only after the event is stored, else VK sends it again.

Source: dev.vk.com, callback/getting-started. The secret is a field of the JSON, there is no
signature. A repeat has the same ``event_id``, and the answer to it is «ok» too.
"""

import json
import secrets
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from bots.intake import Intake
from bots.vk.incoming import Unreadable
from bots.vk.names import Names
from bots.vk.receiving import Receiver
from bots.webhooks import read_body
from storage.outage import is_outage

log = structlog.get_logger(__name__)

PATH = "/webhooks/vk"


def router(
    intake: Intake, names: Names, *, account_id: int, group_id: int, secret: str, confirmation: str
) -> APIRouter:
    """``confirmation``: the string that VK expects when the address is entered."""
    expected = secret.encode()
    receiver = Receiver(intake, account_id, names)
    routes = APIRouter()

    @routes.post(PATH)
    async def receive(request: Request) -> PlainTextResponse:
        body = await read_body(request)
        if body is None:
            return PlainTextResponse("too large", 413)
        try:
            event: Any = json.loads(body)
        except (ValueError, RecursionError):
            return PlainTextResponse("not an event", 400)
        if not isinstance(event, dict) or event.get("group_id") != group_id:
            return PlainTextResponse("not ours", 403)
        if event.get("type") == "confirmation":
            return PlainTextResponse(confirmation)
        shown = event.get("secret")
        if not isinstance(shown, str) or not secrets.compare_digest(
            shown.encode(errors="replace"), expected
        ):
            return PlainTextResponse("not ours", 403)
        # The quarantine keeps events as they came, but not our secret.
        del event["secret"]
        try:
            await receiver.event(event)
        except Unreadable:
            log.warning("bots.malformed_update", channel="vk")
            return PlainTextResponse("not an event", 400)
        except Exception as error:
            if not is_outage(error):
                raise
            return PlainTextResponse("come again", 503)
        return PlainTextResponse("ok")

    return routes
