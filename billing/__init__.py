"""Accounts, meters, readings, charges, payments, and who of the customers may see which.

Leans on ``conversations`` (who is the customer) and ``storage``.
"""
