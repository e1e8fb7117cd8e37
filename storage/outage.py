"""Telling an outage of the database from wrong data."""

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# PostgreSQL's classes of errors that say nothing about the data: connection, rolled back because
# of others (a deadlock), resources (disk full, too many connections), operator, system.
# Source: PostgreSQL, appendix «Error Codes».
_OUTAGE_CLASSES = {"08", "40", "53", "57", "58"}


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
