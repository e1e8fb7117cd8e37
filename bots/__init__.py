"""One adapter per messenger, intake (store, then confirm) and delivery (send what is queued).

Leans on ``conversations``, ``replies``, ``web`` (the chat page only) and ``storage``.
"""
