"""An employee answers on the messenger's own page, past the inbox."""

from conversations.events import Events
from conversations.models import Conversation, Turn
from handoff.service import HandoffService
from handoff.steps import open_stay
from storage.database import Transaction

REASON = "elsewhere"


async def answered(
    service: HandoffService, events: Events, tx: Transaction, conversation: Conversation
) -> None:
    """Meet the clock of the locked conversation and keep the assistant out of it.

    Who answered is nobody of the inbox: the stay goes on waiting for an operator, with nothing
    owed until the customer writes again.
    """
    stay = await open_stay(tx, conversation.id)
    if stay is None:
        await service.request(tx, conversation, reason=REASON, summary={})
        stay = await open_stay(tx, conversation.id)
    if stay is None:
        return
    await service.clocks.answered(tx, stay)
    stay.first_answered_at = stay.first_answered_at or tx.now
    stay.last_operator_at = tx.now
    conversation.turn = Turn.OPERATOR
    events.emit(tx, "handoff.answered", conversation_id=conversation.id, handoff=stay.id)
