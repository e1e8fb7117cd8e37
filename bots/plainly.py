"""What a platform calls wrong is most likely our markup or a button: the words alone still help
the customer, so they are sent once more without."""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from bots.outcome import Outcome, Parcel, Rejected
from conversations.models import DeliveryKind
from replies import Button

log = structlog.get_logger(__name__)


async def with_plain_retry(
    parcel: Parcel, attempt: Callable[[Parcel, bool], Awaitable[Outcome]]
) -> Outcome:
    """``attempt``: one call; its second argument asks for the words alone."""
    outcome = await attempt(parcel, False)
    refused = isinstance(outcome, Rejected) and not outcome.unreachable
    if refused and parcel.kind == DeliveryKind.MESSAGE:
        log.warning("bots.sent_plain", delivery=parcel.delivery_id)
        return await attempt(parcel, True)
    return outcome


def in_words(text: str, rows: Sequence[Sequence[Button]]) -> str:
    """The choices for whom no keyboard is shown, numbered as the dialog counts them."""
    choices = [button for row in rows for button in row]
    if not choices:
        return text
    typed = [button for button in choices if not button.url]
    lines = [f"{n}. {button.label}" for n, button in enumerate(typed, start=1)]
    lines += [f"{button.label}: {button.url}" for button in choices if button.url]
    return "\n".join([text, "", *lines])
