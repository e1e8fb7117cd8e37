"""Errors of the storage room.

StorageError
├── DatabaseInUse      another process serves this SQLite file
├── LeaseLost          a lease was taken over by another process
└── WrongArchive       a backup that cannot be read into this database
"""


class StorageError(Exception):
    pass


class DatabaseInUse(StorageError):
    """``str()`` is one line for the administrator."""


class LeaseLost(StorageError):
    pass


class WrongArchive(StorageError):
    """``str()`` is one line for the administrator."""
