"""Viber's webhook: 200 only after the event is stored, else Viber sends it again.

Source: Viber REST Bot API, «Webhooks», «Callbacks». The signature is checked over the body as it
came. The answer to ``conversation_started`` is the welcome itself, and nothing is stored for it:
a person who only opened the chat has said nothing yet.
"""

import hashlib
import hmac
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bots.incoming import storable
from bots.intake import Intake
from bots.reports import Reports
from bots.storing import store
from bots.viber.incoming import CHANNEL, event_id, parse_event
from bots.viber.messages import text_message
from bots.viber.sender import ViberApi
from bots.webhooks import answer, read_json
from replies import Part

log = structlog.get_logger(__name__)

PATH = "/webhooks/viber"
_REPORTS = ("delivered", "seen", "failed")
EVENTS = [*_REPORTS, "subscribed", "unsubscribed", "conversation_started"]


class NotRegistered(Exception):
    """Viber refused the webhook; ``status`` as in «Error Codes»."""


def router(
    intake: Intake, reports: Reports, *, account_id: int, token: str, name: str, welcome: Part,
    path: str = PATH,
) -> APIRouter:  # fmt: skip
    """``welcome``: prepared, for it is said without looking anything up."""
    key = token.encode()
    routes = APIRouter()

    @routes.post(path)
    async def receive(request: Request) -> Response:
        shown = request.headers.get("x-viber-content-signature", "").encode()
        return await answer(request, CHANNEL, lambda body: take(body, shown))

    async def take(body: bytes, shown: bytes) -> Response | None:
        expected = hmac.new(key, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(shown, expected.encode()):
            return Response(status_code=403)
        event = read_json(body)
        external_id = event_id(event)
        if event["event"] == "conversation_started":
            context = storable(str(event.get("context") or ""))[:500]
            return JSONResponse(text_message(welcome, name, context=context))
        if event["event"] in _REPORTS:
            await report(event)
            return None
        await store(
            intake, account_id, CHANNEL, external_id, body, lambda: parse_event(event, account_id)
        )
        return None

    async def report(event: dict[str, Any]) -> None:
        token = storable(str(event.get("message_token")))
        match event["event"]:
            case "failed":
                await reports.failed(token, storable(f"Viber: {event.get('desc', '')}"))
            case "delivered":
                await reports.delivered(token)
            case "seen":
                await reports.seen(token)

    return routes


async def register(api: ViberApi, public_url: str, path: str = PATH) -> None:
    """Viber calls the address during the call. Raises NotRegistered."""
    answer = await api.call(
        "set_webhook",
        {
            "url": public_url.rstrip("/") + path,
            "event_types": EVENTS,
            "send_name": True,
            "send_photo": False,
        },
    )
    if answer.body.get("status") != 0:
        log.error("bots.webhook_refused", channel=CHANNEL, status=answer.body.get("status"))
        raise NotRegistered(str(answer.body.get("status")))
