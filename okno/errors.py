"""Errors of the composition.

OknoError
└── WrongSetting    a setting is missing or wrong; the text says how to mend it
"""


class OknoError(Exception):
    pass


class WrongSetting(OknoError):
    """``str()`` is the one line the administrator sees."""
