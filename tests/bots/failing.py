"""An intake whose database is away for as long as the test says."""

from sqlalchemy.exc import OperationalError

from bots.incoming import Incoming
from bots.intake import Intake


class FailingIntake(Intake):
    away = True

    async def accept(self, incoming: Incoming, raw: bytes = b"") -> bool:
        if self.away:
            raise OperationalError("INSERT", {}, OSError("away"))
        return await super().accept(incoming, raw)


def failing(intake: Intake) -> FailingIntake:
    """Like ``intake``, but its database is away."""
    return FailingIntake(intake._database, intake._events, intake._signals)
