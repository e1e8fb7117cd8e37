"""Whether a text belongs to the flow under way, and what it does there."""

from dialogs import matching, phrases
from dialogs.actions import LEAVE_QUEUE_BUTTON, MENU_BUTTON
from dialogs.assistant.belonging import gives_number, is_clear_aside, may_be_value, moves_on
from dialogs.assistant.draft import Draft
from dialogs.assistant.flow_turns import FlowTurns
from dialogs.assistant.intents import Intents
from dialogs.assistant.operators import Operators
from dialogs.assistant.presses import Presses
from dialogs.assistant.topics import Topics
from dialogs.flow import FlowTurn
from dialogs.flows import reading
from dialogs.flows.lost import is_lost, refuses
from dialogs.state import Flow
from dialogs.understanding import is_bare_answer
from nlu import Understanding


class InFlow:
    """``sure``: the probability from which a question is answered."""

    def __init__(
        self,
        sure: float,
        flows: FlowTurns,
        intents: Intents,
        topics: Topics,
        presses: Presses,
        operators: Operators,
    ) -> None:
        self._sure = sure
        self._flows = flows
        self._intents = intents
        self._topics = topics
        self._presses = presses
        self._operators = operators

    async def take(self, draft: Draft, found: Understanding) -> bool:
        """Whether the text was dealt with here; if not, it is a question like any other."""
        flow = self._flows.current(draft)
        if flow is None:
            draft.state.end_flow()
            return False
        sure = found.confidence >= self._sure
        if (sure and found.intent == "cancel") or _refuses_us(draft, flow):
            draft.state.end_flow()
            if draft.in_queue:
                draft.say(phrases.CANCELLED_IN_QUEUE, LEAVE_QUEUE_BUTTON, MENU_BUTTON)
            else:
                draft.say(phrases.CANCELLED, MENU_BUTTON)
            return True
        if sure and found.intent == "operator":
            self._operators.call(draft, "asked", {"flow": flow.name})
            draft.state.end_flow()
            return True
        if sure and found.intent == "help":
            draft.state.end_flow()
            return False
        if is_clear_aside(found):
            if found.intent != "greet":
                await self._intents.serve(draft, found.intent, found)
            await self._flows.ask_again(draft, flow)
            return True
        action = matching.chosen(draft.context.text, draft.choices())
        asked = str(draft.state.flow_state.get("asked", ""))
        if action is not None and not may_be_value(draft.context.text, asked):
            await self._presses.press(draft, action)
            return True
        lost = asked in {"number", "name"} and is_lost(draft.context.text)
        if sure and not (lost or is_bare_answer(found)) and moves_on(found.intent, flow, asked):
            return False
        if sure and not lost and found.intent.startswith("faq/") and not gives_number(found, asked):
            self._topics.answer(draft, found.intent)
            await self._flows.ask_again(draft, flow)
        else:
            await self._flows.feed(draft, flow, FlowTurn(draft.context.text, found))
        return True


def _refuses_us(draft: Draft, flow: Flow) -> bool:
    """He will not tell the number or the name; readings are taken without the name."""
    asked = draft.state.flow_state.get("asked")
    needed = {"number"} if flow.name == reading.NAME else {"number", "name"}
    return asked in needed and refuses(draft.context.text)
