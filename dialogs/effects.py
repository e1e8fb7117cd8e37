"""What a response changes besides the conversation, in the worker's finishing transaction."""

from billing.readings import Question
from billing.service import BillingService
from billing.views import GivenReading, TakenReading
from conversations.models import Conversation
from dialogs.errors import ReadingChanged
from dialogs.turn import (
    Context,
    CustomerWrote,
    Effect,
    LeaveQueue,
    RequestOperator,
    TakeReading,
)
from handoff.service import HandoffService
from storage.database import Transaction


class Effects:
    def __init__(self, handoff: HandoffService, billing: BillingService) -> None:
        self._handoff = handoff
        self._billing = billing

    async def apply(
        self, tx: Transaction, conversation: Conversation, context: Context, effect: Effect
    ) -> None:
        match effect:
            case RequestOperator(reason=reason, summary=summary, danger=danger):
                await self._handoff.request(
                    tx, conversation, reason=reason, summary=dict(summary), danger=danger
                )
            case LeaveQueue():
                await self._handoff.leave_queue(tx, conversation)
            case CustomerWrote():
                await self._handoff.customer_wrote(tx, conversation)
            case TakeReading():
                await self._take(tx, context, effect)

    async def _take(self, tx: Transaction, context: Context, effect: TakeReading) -> None:
        taken = await self._billing.take_reading(
            tx,
            GivenReading(
                contact_id=context.contact_id,
                account_id=effect.account_id,
                meter_id=effect.meter_id,
                values=effect.values,
                taken_on=effect.taken_on,
                channel=context.channel,
                source_message_id=context.message_id,
                conversation_id=context.conversation_id,
                confirmed=[Question(question) for question in effect.confirmed],
            ),
        )
        if not isinstance(taken, TakenReading):
            # Judged anew under the meter's lock it no longer fits (somebody else's reading came
            # in between): what the customer was about to hear is not true, so begin again.
            raise ReadingChanged
