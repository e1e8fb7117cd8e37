"""The assistant: turns a message and a conversation's state into replies.

Leans on ``nlu``, ``knowledge_base``, ``billing``, ``handoff`` (its service), ``conversations``,
``replies`` and ``storage``.
"""
