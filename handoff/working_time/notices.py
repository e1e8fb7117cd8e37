"""One word to a customer who still waits for the first answer: by when it comes. After that he is
told when he asks."""

from datetime import datetime, timedelta
from typing import Any

from handoff.models import Handoff
from handoff.steps import Steps, stay_of_job
from handoff.working_time.promise import Promises
from storage import jobs
from storage.database import Transaction

NOTICE_JOB = "handoff.notice"
# Working time after which one begins to wonder.
AFTER = timedelta(minutes=10)

STILL_WAITING = "Вы не потерялись, просто операторы ещё заняты. {promise}"


class Notices:
    def __init__(self, steps: Steps, promises: Promises) -> None:
        self._steps = steps
        self._promises = promises

    async def schedule(self, tx: Transaction, stay: Handoff) -> None:
        """Once for each stay with the operators."""
        due_at = self._steps.clocks.hours.add_working_time(tx.now, AFTER)
        await jobs.schedule(tx, NOTICE_JOB, str(stay.id), due_at, {"handoff": stay.id})

    async def tell_due(self, tx: Transaction, payload: dict[str, Any]) -> None:
        """Due work: say it, unless he has been answered."""
        if (found := await stay_of_job(tx, payload)) is None:
            return
        conversation, stay = found
        if (
            stay.first_answered_at is not None
            or stay.last_operator_at is not None
            or stay.next_due_at is None
        ):
            return
        # What he was told when he asked; see ``dialogs.state``.
        told = str(conversation.state.get("promised_by") or "")
        due = datetime.fromisoformat(told) if told else stay.first_due_at
        text = STILL_WAITING.format(promise=self._promises.told(tx.now, due))
        await self._steps.tell_customer(tx, conversation, text)
