"""Handing a conversation over to people: the queue, the working calendar, the operators' inbox.

What the assistant does with the queue is in ``service.py``, what operators do in ``desk.py``,
``moving.py``, ``later.py`` and ``first.py``, each made of ``steps.py``; who gets what without
asking in ``shift.py``. ``working_time``: calendar, clocks, promises. ``inbox``: its pages.
``customer``: the panel beside a conversation. ``board``: the supervisor's.

Leans on ``knowledge_base``, ``billing``, ``conversations``, ``replies``, ``staff``, ``storage``,
and ``web`` for its pages.
"""
