"""Details of a message, found by rules over the normalised text."""

from datetime import datetime

from nlu.normalise import Normalised
from nlu.types import Entity


def extract(normalised: Normalised, *, now: datetime, intent: str | None) -> tuple[Entity, ...]:
    return ()
