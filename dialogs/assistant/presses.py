"""What a button does, pressed or named by its words."""

from dialogs import actions, phrases
from dialogs.actions import (
    BeginAction,
    FlowAction,
    IntentAction,
    PlainAction,
    RateAction,
    SectionAction,
)
from dialogs.assistant import rating, topics
from dialogs.assistant.draft import Draft
from dialogs.assistant.flow_turns import FlowTurns
from dialogs.assistant.intents import Intents
from dialogs.assistant.lent import Lent
from dialogs.assistant.operators import Operators
from dialogs.assistant.rules import Rules
from dialogs.flow import FlowTurn
from dialogs.menu import main_menu, section_menu
from dialogs.state import INTENT_FLOWS
from dialogs.turn import CustomerWrote, RedeemCode
from handoff.customer import joining
from knowledge_base.service import KnowledgeBase
from nlu import Understanding
from nlu.context import meant


class Presses:
    def __init__(
        self,
        rules: Rules,
        knowledge_base: KnowledgeBase,
        intents: Intents,
        flows: FlowTurns,
        operators: Operators,
        lent: Lent,
    ) -> None:
        self._rules = rules
        self._knowledge_base = knowledge_base
        self._intents = intents
        self._flows = flows
        self._operators = operators
        self._lent = lent

    async def press(self, draft: Draft, raw: str) -> None:
        """``raw``: what the button carries (``dialogs.actions``)."""
        action = actions.parse(raw)
        rated = actions.helpful(raw)
        if rated is not None and not draft.with_operator:
            topics.rate(draft, rated[0], helpful=rated[1])
            return
        if isinstance(action, RateAction):
            rating.rate(draft, action)
            return
        if raw.startswith(joining.ACTION):
            self._join(draft, raw.removeprefix(joining.ACTION))
            return
        if isinstance(action, PlainAction) and action.name == actions.RESUME_ASSISTANT:
            self._operators.leave(draft, phrases.RESUMED)
            return
        if draft.state.lent and await self._lent.press(draft, action):
            return
        if draft.with_operator:
            draft.effects.append(CustomerWrote())
            return
        match action:
            case IntentAction(intent=intent):
                if intent in INTENT_FLOWS:
                    draft.state.end_flow()
                draft.state.misses = 0
                await self._intents.serve(draft, intent, self._pending(draft, intent))
            case FlowAction(flow=name, run=run, choice=choice):
                flow = self._flows.current(draft)
                if flow is None or flow.name != name or draft.state.flow_state.get("run") != run:
                    draft.replies.append(main_menu(phrases.STALE_BUTTON))
                    return
                await self._flows.feed(draft, flow, FlowTurn("", choice=choice))
            case BeginAction(flow=name, choice=choice) if self._flows.knows(name):
                await self._flows.start(draft, name, FlowTurn("", choice=choice))
            case SectionAction(section=section):
                menu = section_menu(section, self._knowledge_base.contents())
                draft.replies.append(menu or main_menu(phrases.STALE_BUTTON))
            case PlainAction(name=actions.MENU):
                draft.state.end_flow()
                draft.replies.append(main_menu(phrases.MENU))
            case PlainAction(name=actions.LEAVE_QUEUE) if draft.in_queue:
                self._operators.leave(draft, phrases.LEFT_QUEUE)
            case _:
                draft.replies.append(main_menu(phrases.STALE_BUTTON))

    def _join(self, draft: Draft, code: str) -> None:
        """Whether another chat may see his accounts: only who says so himself is joined."""
        if code.isdigit():
            draft.effects.append(RedeemCode(code, sure=True))
        else:
            draft.say(joining.NOT_JOINED)

    def _pending(self, draft: Draft, intent: str) -> Understanding | None:
        """The words that the pressed button was about, read as the customer says they are."""
        if not draft.pending:
            return None
        return meant(draft.pending, intent, now=self._rules.local(draft.context.now))
