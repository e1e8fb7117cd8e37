"""Errors of the billing room.

BillingError
├── InvalidValue    a text that is no register value; ``reason`` says why
├── NotLinked       this contact may not see this account
├── GatewayDown     the billing system does not answer; nothing is known
├── UnknownAccount  the billing system has no such account
├── ClaimDecided    an organisation's claim: a colleague was faster
├── ClaimUnfit      … and what it names is not what our base has
└── ReviewError     a decision on a reading that can't be carried out
    ├── ReadingDecided    a colleague was faster, or the customer took it back
    ├── ReasonMissing     a refusal, or closing what has not reached billing, needs its reason
    ├── DeliverySettled   it has reached billing meanwhile, or a colleague was faster
    └── CorrectionUnfit   not a value for each register, or more than it holds
"""

from enum import StrEnum


class BillingError(Exception):
    pass


class BadValue(StrEnum):
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE = "negative"
    TOO_LONG = "too_long"


class InvalidValue(BillingError):
    def __init__(self, reason: BadValue) -> None:
        super().__init__(reason.value)
        self.reason = reason


class NotLinked(BillingError):
    """Raised before anything about the account is read; ids only, nothing personal."""

    def __init__(self, contact_id: int, account_id: int) -> None:
        super().__init__(f"contact {contact_id} is not linked to account {account_id}")
        self.contact_id = contact_id
        self.account_id = account_id


class GatewayDown(BillingError):
    """``str()`` says what went wrong, for the log; nothing about an account."""


class UnknownAccount(BillingError):
    pass


class ClaimDecided(BillingError):
    def __init__(self, claim_id: int) -> None:
        super().__init__(f"claim {claim_id} does not wait for a decision")


class ClaimUnfit(BillingError):
    pass


class ReviewError(BillingError):
    pass


class ReadingDecided(ReviewError):
    def __init__(self, reading_id: int) -> None:
        super().__init__(f"reading {reading_id} does not wait for review")


class ReasonMissing(ReviewError):
    pass


class DeliverySettled(ReviewError):
    def __init__(self, reading_id: int) -> None:
        super().__init__(f"reading {reading_id} does not wait for billing")


class CorrectionUnfit(ReviewError):
    pass
