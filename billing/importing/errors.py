"""Errors of importing.

BillingError
├── UnusableFile    the file as a whole; ``str()`` is one line for the administrator
└── BadRow          one row; ``str()`` says why, in Russian, for the report
"""

from billing.errors import BillingError


class UnusableFile(BillingError):
    pass


class BadRow(BillingError):
    pass
