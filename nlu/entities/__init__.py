"""Details of a message, found by rules over the normalised text.

A number is told apart by its form and its surroundings, and where that does not decide, by what
the message is about. Details of which the rules are not sure have a confidence below 0.5; they are
there so that a flow can ask, and do not count as found.
"""

from datetime import datetime
from typing import Final

from nlu.entities.accounts import find_accounts
from nlu.entities.addresses import find_addresses
from nlu.entities.amounts import find_amounts
from nlu.entities.dates import find_dates
from nlu.entities.people import find_people
from nlu.entities.phones import find_phones
from nlu.entities.readings import find_readings
from nlu.entities.requests import find_requests
from nlu.entities.scan import Scan
from nlu.normalise import Normalised
from nlu.taxonomy import OUT_OF_SCOPE
from nlu.types import Entity

SURE: Final = 0.5
# Details of a message that is not ours are only kept in case it was misread.
_OUT_OF_SCOPE: Final = 0.4


def extract(
    normalised: Normalised, *, now: datetime, intent: str | None = None
) -> tuple[Entity, ...]:
    """The details in the order of the text.

    ``intent`` is what the message is taken to ask; None while that is not known.
    """
    scan = Scan(normalised, now.date(), intent)
    # The order matters: a later finder does not touch what an earlier one has explained.
    for find in (
        find_phones,
        find_dates,
        find_requests,
        find_addresses,
        find_accounts,
        find_people,
        find_amounts,
        find_readings,
    ):
        find(scan)
    entities = []
    for found in scan.found:
        start, end = normalised.span(found.start, found.end)
        confidence = found.confidence
        if intent == OUT_OF_SCOPE:
            confidence = min(confidence, _OUT_OF_SCOPE)
        entities.append(Entity(found.entity, found.value, start, end, found.role, confidence))
    return tuple(sorted(entities, key=lambda entity: (entity.start, -entity.confidence)))
