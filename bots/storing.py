"""From an event as it came to a stored message."""

from collections.abc import Callable

from bots.incoming import Incoming, Unreadable
from bots.intake import Intake


async def store(
    intake: Intake,
    account_id: int,
    channel: str,
    external_id: str,
    raw: bytes,
    parse: Callable[[], Incoming | None],
) -> Incoming | None:
    """What ``parse`` makes of ``raw``, stored; ``None`` for what concerns nobody here.

    What it can't read is kept aside: refused, the platform would send it again and again. Raises
    as ``Intake.accept``.
    """
    try:
        incoming = parse()
    except Unreadable as error:
        await intake.quarantine(account_id, channel, external_id, raw, error)
        return None
    if incoming is not None:
        await intake.accept(incoming, raw)
    return incoming
