"""What is said of the waiting itself: by when, and «уже не надо»."""

from dialogs import phrases
from dialogs.actions import MENU_BUTTON
from dialogs.assistant.draft import Draft
from dialogs.assistant.flow_turns import FlowTurns
from dialogs.assistant.operators import Operators
from dialogs.queue_words import asks_when, needs_no_operator


class InQueue:
    def __init__(self, flows: FlowTurns, operators: Operators) -> None:
        self._flows = flows
        self._operators = operators

    async def take(self, draft: Draft) -> bool:
        """Whether the text was about the operator's coming; if not, it is read like any other."""
        text = draft.context.text
        flow = self._flows.current(draft)
        if needs_no_operator(text, waiting=draft.in_queue and flow is None):
            if not draft.in_queue:
                draft.say(phrases.NO_OPERATOR, MENU_BUTTON)
            elif flow is None:
                self._operators.leave(draft, phrases.LEFT_QUEUE)
            else:
                self._operators.leave_to_go_on(draft)
                await self._flows.ask_again(draft, flow)
            return True
        if draft.in_queue and asks_when(text):
            self._operators.tell_when(draft)
            return True
        return False
