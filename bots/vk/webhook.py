"""VK's Callback API: «ok» only after the event is stored, else VK sends it again.

Source: dev.vk.com, callback/getting-started. The secret is a field of the JSON, there is no
signature. A repeat has the same ``event_id``, and the answer to it is «ok» too.
"""

import secrets

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from bots.vk.incoming import CHANNEL
from bots.vk.receiving import Receiver
from bots.webhooks import UNPROVEN, answer, read_json

PATH = "/webhooks/vk"


def router(
    receiver: Receiver, *, group_id: int, secret: str, confirmation: str, path: str = PATH
) -> APIRouter:
    """``confirmation``: the string that VK expects when the address is entered."""
    expected = secret.encode()
    routes = APIRouter()

    @routes.post(path)
    async def receive(request: Request) -> Response:
        return await answer(request, CHANNEL, lambda body: take(request, body))

    async def take(request: Request, body: bytes) -> Response:
        event = read_json(body)
        if not isinstance(event, dict) or event.get("group_id") != group_id:
            return Response(status_code=403)
        if event.get("type") == "confirmation":
            # The group's number is on its page: whoever asks is no known platform by that.
            request.scope[UNPROVEN] = True
            return PlainTextResponse(confirmation)
        shown = event.get("secret")
        if not isinstance(shown, str) or not secrets.compare_digest(
            shown.encode(errors="replace"), expected
        ):
            return Response(status_code=403)
        # The quarantine keeps events as they came, but not our secret.
        del event["secret"]
        await receiver.event(event)
        return PlainTextResponse("ok")

    return routes
