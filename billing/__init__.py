"""Accounts, meters, readings, charges, payments, and who of the customers may see which.

``service.py`` is what other rooms ask; ``gateway.py`` what is asked of the billing system, ours
(``embedded.py``) or the company's (``http_gateway.py``). ``customers``: who may see which account;
``readings`` and ``payments``: the two halves of the work. Leans on ``conversations`` (who is the
customer) and ``storage``.
"""
