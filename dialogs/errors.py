"""Errors of the dialogs room.

DialogError
└── ReadingChanged    the account changed while the answer was made; the message is handled again
"""


class DialogError(Exception):
    pass


class ReadingChanged(DialogError):
    pass
