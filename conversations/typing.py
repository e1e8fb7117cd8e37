"""«Печатает…»: told to whoever shows it to the customer, never stored, perhaps lost."""

from storage.signals import Signals

NAME = "typing"


async def tell_typing(
    signals: Signals, conversation_id: int, account_id: int, chat_id: str
) -> None:
    """One of the staff types an answer to this customer. Heard as ``NAME`` with «conversation»,
    «account» and «chat»."""
    await signals.tell(NAME, conversation=conversation_id, account=account_id, chat=chat_id)
