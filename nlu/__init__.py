"""Understanding of customers' Russian: what was asked, and with which details.

Leans on nothing of ours; other rooms call ``nlu.Engine.parse``.
"""

from nlu.types import Engine, Entity, Ranked, Understanding

__all__ = ["Engine", "Entity", "Ranked", "Understanding"]
