"""Viber's webhook: 200 only after the event is stored, else Viber sends it again.

Source: Viber REST Bot API, «Webhooks», «Callbacks». The signature is checked over the body as it
came. The answer to ``conversation_started`` is the welcome itself, and nothing is stored for it:
a person who only opened the chat has said nothing yet.
"""

import hashlib
import hmac
import json
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bots.failed_later import mark_failed
from bots.intake import Intake
from bots.viber.incoming import CHANNEL, Unreadable, event_id, parse_event
from bots.viber.messages import text_message
from bots.viber.sender import ViberApi
from bots.webhooks import read_body
from replies import Part
from storage.database import Database
from storage.outage import is_outage

log = structlog.get_logger(__name__)

PATH = "/webhooks/viber"
EVENTS = ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"]


class NotRegistered(Exception):
    """Viber refused the webhook; ``status`` as in «Error Codes»."""


def router(
    intake: Intake, database: Database, *, account_id: int, token: str, name: str, welcome: Part
) -> APIRouter:
    """``welcome``: prepared, for it is said without looking anything up."""
    key = token.encode()
    routes = APIRouter()

    @routes.post(PATH)
    async def receive(request: Request) -> Response:
        body = await read_body(request)
        if body is None:
            return Response(status_code=413)
        shown = request.headers.get("x-viber-content-signature", "")
        expected = hmac.new(key, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(shown.encode(), expected.encode()):
            return Response(status_code=403)
        try:
            event: Any = json.loads(body)
            external_id = event_id(event)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        if event["event"] == "conversation_started":
            context = str(event.get("context") or "")[:500]
            return JSONResponse(text_message(welcome, name, context=context))
        try:
            await _take(event, external_id, body)
        except Exception as error:
            if not is_outage(error):
                raise
            return Response(status_code=503)
        return Response(status_code=200)

    async def _take(event: dict[str, Any], external_id: str, body: bytes) -> None:
        if event["event"] == "failed":
            why = f"Viber: {event.get('desc', '')}"
            await mark_failed(database, account_id, str(event.get("message_token")), why)
            return
        try:
            incoming = parse_event(event, account_id)
        except Unreadable as error:
            await intake.quarantine(account_id, CHANNEL, external_id, body, error)
            return
        if incoming is not None:
            await intake.accept(incoming, body)

    return routes


async def register(api: ViberApi, public_url: str) -> None:
    """Viber calls the address during the call. Raises NotRegistered."""
    answer = await api.call(
        "set_webhook",
        {
            "url": public_url.rstrip("/") + PATH,
            "event_types": EVENTS,
            "send_name": True,
            "send_photo": False,
        },
    )
    if answer.body.get("status") != 0:
        log.error("bots.webhook_refused", channel=CHANNEL, status=answer.body.get("status"))
        raise NotRegistered(str(answer.body.get("status")))
