"""Errors of the staff room.

StaffError
├── LoginTaken          a person with this login exists
├── LoginUnsuitable     a login that nobody could type again
├── PersonUnknown       no person with this login
├── PasswordTooWeak     ``reason`` says what to change, in Russian
├── SecretUnreadable    a secret at rest was sealed under another key of the installation
├── SessionUnknown      no open session of this person has this number
├── WrongCode           not the code of the second factor, or one that was used
├── WrongCredentials    login, password or both; which, is not told
└── TooManyAttempts     ``wait`` is the time left until the next attempt
"""

from datetime import timedelta


class StaffError(Exception):
    pass


class LoginTaken(StaffError):
    pass


class LoginUnsuitable(StaffError):
    pass


class PersonUnknown(StaffError):
    pass


class PasswordTooWeak(StaffError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SecretUnreadable(StaffError):
    pass


class SessionUnknown(StaffError):
    pass


class WrongCode(StaffError):
    pass


class WrongCredentials(StaffError):
    pass


class TooManyAttempts(StaffError):
    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait.total_seconds():.0f} s")
        self.wait = wait
