"""One serving process per SQLite file: a second one would fight for the writer's lock."""

import fcntl
from pathlib import Path
from typing import IO

from storage.errors import DatabaseInUse


def lock(database_file: Path) -> IO[str]:
    """Hold the returned file open while serving. Raises DatabaseInUse."""
    path = database_file.with_name(database_file.name + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise DatabaseInUse(
            f"{database_file} is served by another process: stop it, or use PostgreSQL "
            "for several processes"
        ) from error
    return handle
