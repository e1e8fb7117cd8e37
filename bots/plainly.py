"""One parcel's attempts: in its turn, and once more in plain words.

What a platform calls wrong is most likely our markup or a button: the words alone still help the
customer.
"""

import html
import re
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bots.outcome import Outcome, Parcel, Rejected, SlowDown
from bots.pace import Pace
from conversations.models import DeliveryKind
from media.errors import FileGone, StoreDown
from replies import Button

log = structlog.get_logger(__name__)

STORE_SECONDS = 10.0

_TAG = re.compile(r"</?[a-z][^>]*>")


async def with_plain_retry(
    parcel: Parcel, pace: Pace | None, call: Callable[[Parcel, bool], Awaitable[Outcome]]
) -> Outcome:
    """``call``: one attempt; its second argument asks for the words alone. A file that is no
    longer kept, or not to be had now, is no error of the platform's: ``call`` may raise FileGone,
    StoreDown. Without a ``pace`` ``call`` keeps it itself."""

    async def attempt(plain: bool) -> Outcome:
        if pace is not None:
            await pace.wait(parcel.chat_id)
        try:
            return await call(parcel, plain)
        except FileGone:
            return Rejected("the file is gone")
        except StoreDown:
            # An outage of ours, not the message's fault: nothing was sent.
            return SlowDown(STORE_SECONDS)

    outcome = await attempt(plain=False)
    refused = isinstance(outcome, Rejected) and not outcome.unreachable
    if refused and parcel.kind == DeliveryKind.MESSAGE:
        log.warning("bots.sent_plain", delivery=parcel.delivery_id)
        return await attempt(plain=True)
    return outcome


def without_tags(text: str) -> str:
    """The words of a text in a dialect of HTML."""
    return html.unescape(_TAG.sub("", text))


def in_words(text: str, rows: Sequence[Sequence[Button]]) -> str:
    """The choices for whom no keyboard is shown, numbered as the dialog counts them. The phone can
    be typed."""
    choices = [button for row in rows for button in row if not button.contact]
    if not choices:
        return text
    typed = [button for button in choices if not button.url]
    lines = [f"{n}. {button.label}" for n, button in enumerate(typed, start=1)]
    lines += [f"{button.label}: {button.url}" for button in choices if button.url]
    return "\n".join([text, "", *lines])
