"""Errors of the media room.

MediaError
├── FileGone      no such file, or its bytes are no longer there
├── FileTooLarge  above ``media.store.LARGEST``
└── BadLink       not signed by us, changed, or past its time
"""


class MediaError(Exception):
    pass


class FileGone(MediaError):
    pass


class FileTooLarge(MediaError):
    pass


class BadLink(MediaError):
    pass
