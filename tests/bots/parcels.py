"""What delivery hands to a sender: parts as they lie in the queue."""

import json

from bots.outcome import Parcel
from conversations.models import DeliveryKind
from replies import Part
from replies.channels import Markup


def parcel(chat: object, part: Part | None = None, *, random_id: int = 5) -> Parcel:
    """``part``: by default the word «привет»."""
    payload = json.loads(json.dumps((part or Part("привет", Markup.PLAIN)).to_json()))
    return Parcel(1, 1, 1, str(chat), DeliveryKind.MESSAGE, payload, random_id, 0)


def signal(chat: object, kind: DeliveryKind, payload: dict[str, str]) -> Parcel:
    return Parcel(1, 1, None, str(chat), kind, payload, 5, 0)
