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
├── NotWarned           nobody is stopped without a warning before
└── CustomerGone        the customer can't be written to; ``reason`` as on the conversation
"""


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


class NotWarned(HandoffError):
    pass
