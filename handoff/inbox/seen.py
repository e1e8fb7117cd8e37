"""Nobody answers blind: what was said after the last line on the page holds the answer."""

from sqlalchemy import and_, exists, or_, select

from conversations.models import Author, Message, MessageKind
from handoff.errors import NewerLine
from handoff.models import OperatorLine
from handoff.steps import Operator
from storage.database import Transaction

_SILENT = (MessageKind.STOPPED, MessageKind.RETURNED)
LONGEST = 200


async def must_have_seen(
    tx: Transaction, conversation_id: int, who: Operator, seen: int, client_key: str
) -> None:
    """Raises NewerLine when the customer or a colleague has said something after message ``seen``;
    not for an answer that was taken already, it only came twice."""
    if await tx.session.scalar(select(exists().where(OperatorLine.client_key == client_key))):
        return
    colleague = and_(
        Message.author == Author.OPERATOR,
        Message.kind == MessageKind.TEXT,
        or_(Message.staff_id.is_(None), Message.staff_id != who.id),
    )
    customer = and_(Message.author == Author.CUSTOMER, Message.kind.not_in(_SILENT))
    newest = (
        await tx.session.execute(
            select(Message.id, Message.author, Message.text)
            .where(
                Message.conversation_id == conversation_id,
                Message.id > seen,
                or_(customer, colleague),
            )
            .order_by(Message.id.desc())
            .limit(1)
        )
    ).one_or_none()
    if newest is not None:
        words = " ".join(newest.text.split())[:LONGEST]
        raise NewerLine(newest.id, words, by_customer=newest.author == Author.CUSTOMER)
