"""The chat on the company's site: the customer's page, the widget, the channel ``web``.

Leans on ``conversations``, ``replies``, ``web`` (stream, headers, static files) and ``storage``.
"""
