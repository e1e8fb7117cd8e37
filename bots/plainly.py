"""One parcel's attempts: in its turn, and once more in plain words.

What a platform calls wrong is most likely our markup or a button: the words alone still help the
customer.
"""

import html
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from bots.outcome import Outcome, Parcel, Rejected, SlowDown
from bots.pace import Pace
from conversations.models import DeliveryKind
from media.errors import FileGone, StoreDown
from replies import Button, Part
from replies.channels import Markup

# A public link to a kept file, from its digest and name.
FileUrl = Callable[[str, str], str]

log = structlog.get_logger(__name__)

STORE_SECONDS = 10.0

_TAG = re.compile(r"</?[a-z][^>]*>")


async def with_plain_retry(
    parcel: Parcel,
    pace: Pace | None,
    call: Callable[[Parcel, bool], Awaitable[Outcome]],
    file_url: FileUrl | None = None,
) -> Outcome:
    """``call``: one attempt; its second argument asks for the words alone. A file that is no
    longer kept, or not to be had now, is no error of the platform's: ``call`` may raise FileGone,
    StoreDown. Without a ``pace`` ``call`` keeps it itself. A file that is refused as a document too
    becomes a link, by ``file_url``, or its name where we have no public address."""

    async def attempt(parcel: Parcel, plain: bool) -> Outcome:
        if pace is not None:
            await pace.wait(parcel.chat_id)
        try:
            return await call(parcel, plain)
        except FileGone:
            return _GONE
        except StoreDown:
            # An outage of ours, not the message's fault: nothing was sent.
            return SlowDown(STORE_SECONDS)

    outcome = await attempt(parcel, plain=False)
    if parcel.kind != DeliveryKind.MESSAGE or not _is_refused(outcome):
        return outcome
    log.warning("bots.sent_plain", delivery=parcel.delivery_id)
    outcome = await attempt(parcel, plain=True)
    if _is_refused(outcome) and parcel.payload.get("file"):
        return await attempt(_with_link(parcel, file_url), plain=True)
    return outcome


_GONE = Rejected("the file is gone")


def _is_refused(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and not outcome.unreachable and outcome is not _GONE


def _with_link(parcel: Parcel, file_url: FileUrl | None) -> Parcel:
    part = Part.from_json(parcel.payload)
    if part.file is None:
        return parcel
    where = file_url(part.file.key, part.file.name) if file_url is not None else part.file.name
    told = f"📎 {part.file.alt}: {where}"
    if part.markup is not Markup.PLAIN:
        told = html.escape(told, quote=False)
    text = f"{part.text}\n\n{told}".strip()
    return replace(parcel, payload=Part(text, part.markup, part.rows).to_json())


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
