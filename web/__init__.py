"""The shell of the pages: layout, login, CSRF, security headers, static files, live events.

Leans on ``staff``, ``conversations`` and ``storage``.
"""
