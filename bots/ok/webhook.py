"""Odnoklassniki's webhook: 200 within five seconds, and only after the event is stored.

Source: apiok.ru, «subscribe». There is no signature and no secret in the request: the address
itself is the secret, and the networks are for the proxy to check.
"""

import secrets

import structlog
from fastapi import APIRouter, Request, Response

from bots.http_calls import Answer
from bots.intake import Intake
from bots.ok.incoming import CHANNEL, event_id, parse_event
from bots.ok.sender import OkApi
from bots.storing import store
from bots.webhooks import answer, read_json

log = structlog.get_logger(__name__)

PATH = "/webhooks/ok"


class NotRegistered(Exception):
    """Odnoklassniki refused the subscription."""


def router(intake: Intake, *, account_id: int, secret: str, path: str = PATH) -> APIRouter:
    """``secret``: the last part of the address."""
    expected = secret.encode()
    routes = APIRouter()

    @routes.post(path + "/{shown}")
    async def receive(shown: str, request: Request) -> Response:
        if not secrets.compare_digest(shown.encode(), expected):
            return Response(status_code=404)
        return await answer(request, CHANNEL, take)

    async def take(body: bytes) -> None:
        event = read_json(body)
        await store(
            intake, account_id, CHANNEL, event_id(event), body,
            lambda: parse_event(event, account_id),
        )  # fmt: skip

    return routes


async def keep_subscribed(api: OkApi, public_url: str, secret: str, path: str = PATH) -> None:
    """Subscribe unless it is so already. Every call also prolongs the token, which otherwise
    lives thirty days. Raises NotRegistered."""
    ours = f"{public_url.rstrip('/')}{path}/{secret}"
    found = _taken(await api.call("GET", "me/subscriptions"))
    urls = [str(subscription.get("url")) for subscription in found.body.get("subscriptions") or ()]
    if ours not in urls:
        _taken(await api.call("POST", "me/subscribe", {"url": ours}))
        log.info("bots.subscribed", channel=CHANNEL)
    # Several addresses each get everything: an older one of ours must not.
    for url in urls:
        if url != ours and url.startswith(public_url.rstrip("/") + PATH):
            _taken(await api.call("POST", "me/unsubscribe", {"url": url}))


def _taken(answer: Answer) -> Answer:
    if "error_code" in answer.body or answer.status >= 400:
        raise NotRegistered(str(answer.body.get("error_code", answer.status)))
    return answer
