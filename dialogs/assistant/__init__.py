"""What follows from a customer's message. Decides; writes nothing.

``deciding`` has the order of looking; the other modules each have one thing that can follow:

====================  ==========================================================================
``questions``         the questions of a text: those that are clear, those that are not
``intents``           which module serves an intent
``topics``            an article of the knowledge base, and whether it helped
``talk``              greetings, thanks and the like
``flow_turns``        beginning a flow and going on with it
``in_queue``          by when an operator will come, and «уже не надо»
``in_flow``           whether a text belongs to the flow under way (``belonging``)
``presses``           what a button does
``commands``          «/start» with its deep links, «/menu», …
``lent``              a flow in an operator's conversation, begun by him
``enclosed``          the customer's phone, pictures and other things besides text
``operators``         danger, the way to the operators and back
``rating``            marks for the operators
``draft``, ``rules``  what they share: the reply being put together, the profile's settings
====================  ==========================================================================
"""

from dialogs.assistant.deciding import Assistant
from dialogs.assistant.rules import Rules

__all__ = ["Assistant", "Rules"]
