"""People who work in Okno: roles, passwords, sessions, login throttling, audit log.

Leans on ``storage`` only.
"""
