"""Telling an outage of the database from wrong data, and saying so once."""

import time

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = structlog.get_logger(__name__)

# So long after a refused write nothing else is known, the database counts as refusing.
REMEMBERED_SECONDS = 10.0

# PostgreSQL's classes of errors that say nothing about the data: connection, rolled back because
# of others (a deadlock), resources (disk full, too many connections), operator, system.
# Source: PostgreSQL, appendix «Error Codes».
_OUTAGE_CLASSES = {"08", "40", "53", "57", "58"}
# Of the same: character not in repertoire, untranslatable character. SQLite stores both.
_NO_TEXT = {"22021", "22P05"}
_LOCK_NOT_AVAILABLE = "55P03"


def is_outage(error: BaseException) -> bool:
    """Whether the database is unreachable, busy or full, rather than the data wrong."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError):
        return True
    if not isinstance(error, DBAPIError) or isinstance(error, IntegrityError):
        return False
    # Without a statement it failed while connecting or committing.
    if error.connection_invalidated or error.statement is None:
        return True
    return str(getattr(error.orig, "sqlstate", None) or "")[:2] in _OUTAGE_CLASSES


def is_unstorable(error: BaseException) -> bool:
    """Whether the data holds what no text of the database can: a NUL, half a sign."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in _NO_TEXT


def reason_of(error: BaseException) -> str:
    """In words for the administrator; nothing of the data."""
    cause = getattr(error, "orig", None)
    name = str(getattr(cause, "sqlite_errorname", None) or "")
    code = str(getattr(cause, "sqlstate", None) or "")
    if name == "SQLITE_FULL" or code == "53100":
        return "the disk is full"
    if name.startswith("SQLITE_IOERR"):
        return "the disk refuses to be written: it is full, over its quota, or broken"
    if name == "SQLITE_READONLY" or name.startswith("SQLITE_READONLY"):
        return "the database's file must not be written"
    if name == "SQLITE_BUSY":
        return "another process holds the database"
    if code.startswith("40") or code == _LOCK_NOT_AVAILABLE:
        return "other transactions stood in the way: try again"
    if code == "53300":
        return "too many connections"
    if isinstance(error, PoolTimeout):
        return "it answers too slowly"
    return "it cannot be reached"


class Refusals:
    """Whether writes are refused at present: a line in the log when it begins and when it ends."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._last = 0.0
        self._reason = ""

    @property
    def reason(self) -> str | None:
        """Why the last write was refused; None when it was not, or when that is long ago."""
        recent = time.monotonic() - self._last < REMEMBERED_SECONDS
        return self._reason if self._since is not None and recent else None

    def refused(self, error: BaseException) -> None:
        if str(getattr(getattr(error, "orig", None), "sqlstate", None) or "").startswith("40"):
            return  # rolled back for the sake of another transaction: the next try will do
        self._last = time.monotonic()
        reason = reason_of(error)
        if self._since is None or reason != self._reason:
            log.error("storage.refused", reason=reason, error=type(error).__name__)
        self._reason = reason
        if self._since is None:
            self._since = self._last

    def worked(self) -> None:
        if self._since is not None:
            seconds = round(time.monotonic() - self._since, 1)
            log.warning("storage.works_again", after_seconds=seconds)
            self._since = None
