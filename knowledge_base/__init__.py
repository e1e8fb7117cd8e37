"""Articles with versions: what the assistant, the operators and the site answer from.

Leans on ``nlu`` (names of intents), ``conversations`` (live events), ``replies``, ``staff`` and
``web`` (pages only), ``storage``.
"""
