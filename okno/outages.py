"""An outage that ends a command, in one line for the administrator."""

from sqlalchemy.exc import DBAPIError

from media.errors import StoreDown, StoreRefuses
from storage.outage import is_outage, reason_of

_DATABASE = "check OKNO_DATABASE_URL and that the server runs"


def in_words(error: BaseException) -> str | None:
    """None for a defect of ours: there the traceback helps."""
    if isinstance(error, StoreRefuses):
        return "the store of files refuses our key: check OKNO_S3_ACCESS_KEY and OKNO_S3_SECRET_KEY"
    if isinstance(error, StoreDown):
        return "the store of files does not answer: check OKNO_S3_ENDPOINT and the network"
    if not is_outage(error):
        return None
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return f"the database does not answer ({of_database(error)}): {_DATABASE}"


def of_database(error: BaseException) -> str:
    """Why it does not answer."""
    # Without a statement it is the server's own word on the connection, with nothing of the data
    # in it: a wrong password, no such database.
    if isinstance(error, DBAPIError) and error.statement is None:
        return str(error.orig)
    return reason_of(error)
