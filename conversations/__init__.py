"""Contacts, their conversations and messages, the queue of what is to be sent, live events.

Leans on ``storage`` only.
"""
