"""Handing a conversation over to people: the queue, the working calendar, the operators' inbox.

Leans on ``knowledge_base``, ``billing``, ``conversations``, ``replies``, ``staff``, ``storage``,
and ``web`` for its pages.
"""
