"""Errors of the media room.

MediaError
├── FileGone      no such file, or its bytes are no longer there
├── FileTooLarge  above ``media.store.LARGEST``
├── BadLink       not signed by us, changed, or past its time
├── StoreDown     the bucket does not answer; an outage (an OSError), not the file's fault
│   └── StoreRefuses  it does not take our key, or there is no such bucket
└── NotFetched    a customer's file could not be fetched
    ├── NotAllowed    and never will be: what the link leads to is not for us
    └── NotReached    for now
"""


class MediaError(Exception):
    pass


class FileGone(MediaError):
    pass


class FileTooLarge(MediaError):
    pass


class BadLink(MediaError):
    pass


class StoreDown(MediaError, ConnectionError):
    pass


class StoreRefuses(StoreDown):
    pass


class NotFetched(MediaError):
    """``problem``: a code of ``media.models.Problem``; ``host``: which one, where it matters."""

    def __init__(self, problem: str, host: str = "") -> None:
        # Not the link itself: that of Telegram holds the bot's token.
        super().__init__(f"{problem} {host}".strip())
        self.problem = problem
        self.host = host


class NotAllowed(NotFetched):
    pass


class NotReached(NotFetched):
    pass
