"""What responses change besides the conversation, in the worker's finishing transaction."""

from collections.abc import Iterable

from conversations.models import Conversation
from dialogs.turn import (
    AnswerRated,
    AnswerShown,
    CommentRating,
    Context,
    CustomerWrote,
    Effect,
    IssueCode,
    LeaveQueue,
    LentEnded,
    NotUnderstood,
    PhoneProved,
    RateOperator,
    RedeemCode,
    RequestOperator,
)
from handoff.customer.lending import Lent
from handoff.service import HandoffService
from knowledge_base.gaps import record
from storage.database import Transaction


class Effects:
    def __init__(self, handoff: HandoffService) -> None:
        self._handoff = handoff

    async def apply(
        self, tx: Transaction, wanted: Iterable[tuple[Conversation, Context, Effect]]
    ) -> None:
        shown: list[record.Shown] = []
        for conversation, context, effect in wanted:
            match effect:
                case AnswerShown(topic=topic, version_id=version_id):
                    # Most responses are answers: they are noted together.
                    shown.append(
                        record.Shown(conversation.id, context.message_id, topic, version_id)
                    )
                    continue
                case RequestOperator() | AnswerRated():
                    await record.shown(tx, shown)  # these look at what was shown before them
                    shown = []
            await self._apply(tx, conversation, context, effect)
        await record.shown(tx, shown)

    async def _apply(
        self, tx: Transaction, conversation: Conversation, context: Context, effect: Effect
    ) -> None:
        match effect:
            case RequestOperator(reason=reason, summary=summary, danger=danger):
                if not danger:
                    await record.handed_over(tx, conversation.id)
                await self._handoff.request(
                    tx, conversation, reason=reason, summary=dict(summary), danger=danger
                )
            case LeaveQueue():
                await self._handoff.leave_queue(tx, conversation)
            case AnswerRated(topic=topic, helpful=helpful):
                await record.rated(tx, conversation.id, topic, helpful=helpful)
            case NotUnderstood():
                await record.not_understood(tx, context.message_id)
            case LentEnded(what=what, done=done):
                await self._handoff.lending.ended(tx, conversation, Lent(what), done=done)
            case IssueCode(code=code):
                await self._handoff.joining.issue(tx, conversation, code)
            case RedeemCode(code=code, sure=sure):
                await self._handoff.joining.redeem(tx, conversation, code, sure=sure)
            case PhoneProved(phone=phone):
                await self._handoff.joining.proved(tx, conversation, phone)
            case CustomerWrote():
                await self._handoff.customer_wrote(tx, conversation)
            case RateOperator(handoff_id=handoff_id, score=score):
                await self._handoff.ratings.rate(tx, conversation, handoff_id, score)
            case CommentRating(handoff_id=handoff_id, text=text):
                await self._handoff.ratings.comment(tx, conversation, handoff_id, text)
