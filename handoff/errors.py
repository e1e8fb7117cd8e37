"""Errors of the handoff room.

HandoffError
├── WrongHours          the profile's hours can't be read
├── HandoffUnknown      there is no such stay with the operators
├── NotYours            another operator has the conversation; ``holder`` is who
├── NotWaiting          nobody asks for an operator there: closed, or back with the assistant
├── EmptyAnswer         nothing to send
├── AnswerTooLong       ``limit`` in characters
├── SentDifferently     the same press has sent another text already
├── AnswerOwed          an answer is due within minutes: no time to put it off
├── TooLate             what was sent can't be called back any more
├── NobodyThere         there is no such colleague or group to hand over to
├── PersonalDataHere    not in this channel; ``found`` says what
├── NotJoined           no conversation of his that was joined to others
├── StillOpen           nobody writes first where a conversation is open: answer it
├── WindowOver          the platform takes nothing so long after the customer's last message
├── NothingShown        no proof of the customer's identity is marked
├── BillingAway         the company's billing system does not answer
├── ProofWrong          there is no such account, or it is somebody else's
├── TooManyTries        too many wrong tries; wait
├── NotInThisChannel    nothing about an account may be asked or shown there
├── UploadGone          a file of the draft is no longer there to be sent
├── TooManyLabels       ``limit`` on one conversation
├── NoFilesHere         not in this channel: what a file says cannot be read
├── NewerLine           something was said that the operator has not seen: ``message_id``, ``words``
├── NotWarned           nobody is stopped without a warning before
└── CustomerGone        the customer can't be written to; ``reason`` as on the conversation
"""

from datetime import timedelta


class HandoffError(Exception):
    pass


class WrongHours(HandoffError):
    """``str()`` is one line for the administrator."""


class HandoffUnknown(HandoffError):
    pass


class NotYours(HandoffError):
    """``holder``: the person's id, or None when nobody has taken it yet."""

    def __init__(self, holder: int | None) -> None:
        super().__init__(holder)
        self.holder = holder


class NotWaiting(HandoffError):
    pass


class EmptyAnswer(HandoffError):
    pass


class AnswerTooLong(HandoffError):
    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class SentDifferently(HandoffError):
    """The line went out as it was first sent; what was changed afterwards did not."""


class CustomerGone(HandoffError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AnswerOwed(HandoffError):
    pass


class TooLate(HandoffError):
    pass


class NobodyThere(HandoffError):
    pass


class PersonalDataHere(HandoffError):
    """``found``: what the text says of the customer, in Russian."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(", ".join(found))
        self.found = found


class NotJoined(HandoffError):
    pass


class StillOpen(HandoffError):
    pass


class WindowOver(HandoffError):
    """``session``: for so long after a message of the customer's one may write."""

    def __init__(self, session: timedelta) -> None:
        super().__init__(session)
        self.session = session


class NothingShown(HandoffError):
    pass


class BillingAway(HandoffError):
    pass


class ProofWrong(HandoffError):
    pass


class TooManyTries(HandoffError):
    pass


class NotInThisChannel(HandoffError):
    pass


class UploadGone(HandoffError):
    pass


class TooManyLabels(HandoffError):
    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class NoFilesHere(HandoffError):
    pass


class NewerLine(HandoffError):
    """``by_customer``, else a colleague answered."""

    def __init__(self, message_id: int, words: str, *, by_customer: bool) -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.words = words
        self.by_customer = by_customer


class NotWarned(HandoffError):
    pass
