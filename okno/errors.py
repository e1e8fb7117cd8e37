"""Errors of the composition.

OknoError
├── WrongSetting       a setting is missing or wrong; the text says how to mend it
├── CustomerUnknown    there is no customer of this number
└── StayOpen           an operator has to do with the customer: not to be forgotten now
"""


class OknoError(Exception):
    pass


class WrongSetting(OknoError):
    """``str()`` is the one line the administrator sees."""


class CustomerUnknown(OknoError):
    def __init__(self, contact_id: int) -> None:
        super().__init__(f"there is no customer {contact_id}; okno customer find shows numbers")


class StayOpen(OknoError):
    def __init__(self, contact_id: int) -> None:
        super().__init__(
            f"customer {contact_id} waits for an operator or talks to one: close it in the inbox, "
            "then try again"
        )
