"""MAX's webhook: 200 only after the update is stored. Source: dev.max.ru, «POST /subscriptions».

After eight hours without success MAX deletes a subscription, and several of them add up: ours is
looked after every few minutes, and strangers of the same path are removed.
"""

import secrets

import structlog
from fastapi import APIRouter, Request, Response

from bots.intake import Intake
from bots.max.api import MaxApi
from bots.max.incoming import CHANNEL
from bots.max.polling import UPDATE_TYPES
from bots.max.receiving import Receiver
from bots.webhooks import answer, read_json

log = structlog.get_logger(__name__)

PATH = "/webhooks/max"


def router(
    intake: Intake, *, account_id: int, token: str, secret: str, path: str = PATH
) -> APIRouter:
    """``secret``: what MAX must show in its header; never empty."""
    expected = secret.encode()
    receiver = Receiver(intake, account_id, token)
    routes = APIRouter()

    @routes.post(path)
    async def receive(request: Request) -> Response:
        shown = request.headers.get("x-max-bot-api-secret", "")
        if not secrets.compare_digest(shown.encode(), expected):
            return Response(status_code=403)
        return await answer(request, CHANNEL, take)

    async def take(body: bytes) -> None:
        await receiver.update(read_json(body), body)

    return routes


async def keep_subscribed(api: MaxApi, public_url: str, secret: str, path: str = PATH) -> None:
    """Subscribe to all that we read, unless it is so already; no other address gets our
    customers' messages."""
    ours = public_url.rstrip("/") + path
    found = await api.call("GET", "/subscriptions")
    told = {str(one["url"]): one.get("update_types") for one in found.get("subscriptions") or ()}
    if ours not in told or not set(UPDATE_TYPES) <= set(told[ours] or UPDATE_TYPES):
        await api.call(
            "POST", "/subscriptions",
            content={"url": ours, "update_types": UPDATE_TYPES, "secret": secret},
        )  # fmt: skip
        log.info("bots.subscribed", channel=CHANNEL)
    for url in told:
        if url != ours:
            await api.call("DELETE", "/subscriptions", params={"url": url})
