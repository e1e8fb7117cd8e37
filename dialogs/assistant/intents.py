"""Which module serves an intent."""

from dialogs.assistant import talk
from dialogs.assistant.draft import Draft
from dialogs.assistant.flow_turns import FlowTurns
from dialogs.assistant.operators import Operators
from dialogs.assistant.talk import Talk
from dialogs.assistant.topics import Topics
from dialogs.flow import FlowTurn
from dialogs.state import INTENT_FLOWS
from nlu import Understanding


class Intents:
    def __init__(
        self, operators: Operators, topics: Topics, small_talk: Talk, flows: FlowTurns
    ) -> None:
        self._operators = operators
        self._topics = topics
        self._talk = small_talk
        self._flows = flows

    async def serve(self, draft: Draft, intent: str, found: Understanding | None) -> None:
        """``found``: the words with their details; ``None`` where a button or a link asks."""
        draft.topics.add(intent)
        if intent == "danger":
            self._operators.danger(draft)
        elif intent == "operator":
            self._operators.call(draft, "asked")
        elif intent == "callback" and _is_ordered(draft, found):
            self._operators.keep(draft)
        elif self._flows.knows(INTENT_FLOWS.get(intent, "")):
            said = FlowTurn(found.text if found else "", found)
            await self._flows.start(draft, INTENT_FLOWS[intent], said)
        elif intent in talk.INTENTS:
            self._talk.answer(draft, intent)
        elif intent == "out_of_scope" and draft.in_queue:
            self._operators.keep(draft)
        elif intent == "out_of_scope":
            self._topics.out_of_scope(draft)
        else:
            self._topics.answer(draft, intent)


def _is_ordered(draft: Draft, found: Understanding | None) -> bool:
    """A call is waited for already: «после 18», said now, is for the operator."""
    ordered = draft.in_queue and draft.state.last_topic == "callback"
    return ordered and not (found and found.of("phone"))
