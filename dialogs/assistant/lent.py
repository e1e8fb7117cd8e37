"""A flow in an operator's conversation, begun by him: the assistant asks, the customer answers.

What answers the flow's question belongs to it; anything else is the operator's, and the flow ends
politely. Nothing here begins a flow of another kind: the operator has the turn.
"""

from dataclasses import replace
from typing import Final

from conversations.models import MessageKind, Turn
from dialogs import actions, matching, phrases
from dialogs.actions import NOT_NOW_BUTTON, Action, FlowAction, PlainAction
from dialogs.assistant.belonging import gives_number, is_clear_aside, may_be_value, moves_on
from dialogs.assistant.draft import Draft
from dialogs.assistant.flow_turns import FlowTurns
from dialogs.flow import FlowTurn
from dialogs.flows import link, pay, reading, receipt
from dialogs.flows.lost import is_lost
from dialogs.state import Flow
from dialogs.turn import CustomerWrote, LentEnded, PhoneProved
from dialogs.understanding import is_bare_answer
from handoff.customer import lending
from nlu import Understanding
from replies import Button
from replies.channels import CAPABILITIES

FLOWS: Final = {
    lending.Lent.IDENTITY: link.NAME,
    lending.Lent.READING: reading.NAME,
    lending.Lent.BILL: receipt.NAME,
    lending.Lent.PAYMENT: pay.NAME,
}
_ENDS = {"cancel", "operator", "help"}


class Lent:
    """``sure``: the probability from which a text is taken for another question."""

    def __init__(self, sure: float, flows: FlowTurns) -> None:
        self._sure = sure
        self._flows = flows

    async def begin(self, draft: Draft) -> None:
        """The operator's press; nothing where the conversation is not his any more."""
        if draft.context.turn != Turn.OPERATOR:
            return
        running, draft.state.lent = draft.state.lent, ""
        what = str(draft.context.data.get("what", ""))
        if what not in FLOWS:
            if running:
                draft.state.end_flow()
                draft.say(phrases.LENT_STOPPED)
            return
        draft.state.end_flow()
        draft.state.misses = 0
        draft.state.lent = what
        await self._flows.start(draft, FLOWS[lending.Lent(what)], FlowTurn(""))
        if draft.replies:
            first = draft.replies[0]
            told = phrases.LENT[what].format(name=draft.context.data.get("name", ""))
            draft.replies[0] = replace(first, text=f"{told}\n\n{first.text}")
        self._follow(draft)

    async def text(self, draft: Draft) -> bool:
        """Whether the text was dealt with here; if not, it is for the operator alone."""
        flow, found = self._flow(draft), draft.understanding
        if flow is None or found is None:
            return False
        sure = found.confidence >= self._sure
        if sure and found.intent in _ENDS:
            self._end(draft, phrases.LENT_NOT_NOW)
            return True
        if is_clear_aside(found):
            await self._flows.ask_again(draft, flow)
            self._follow(draft)
            return True
        said = matching.chosen(draft.context.text, draft.choices())
        asked = str(draft.state.flow_state.get("asked", ""))
        if said is not None and not may_be_value(draft.context.text, asked):
            return await self.press(draft, actions.parse(said))
        if sure and _is_elsewhere(draft, flow, found):
            self._end(draft, phrases.LENT_LEFT)
            return True
        await self._feed(draft, flow, FlowTurn(draft.context.text, found))
        return True

    async def press(self, draft: Draft, action: Action) -> bool:
        """Whether the button was the flow's or ends it; an old one is for the operator alone."""
        flow = self._flow(draft)
        if flow is None:
            return False
        if isinstance(action, FlowAction):
            run = draft.state.flow_state.get("run")
            if (action.flow, action.run) != (flow.name, run):
                return False
            await self._feed(draft, flow, FlowTurn("", choice=action.choice))
            return True
        is_no = isinstance(action, PlainAction) and action.name == actions.NOT_NOW
        self._end(draft, phrases.LENT_NOT_NOW if is_no else phrases.LENT_LEFT)
        return True

    async def enclosed(self, draft: Draft) -> bool:
        """A proved phone answers a question about it; a picture is for the operator to read."""
        flow, data = self._flow(draft), draft.context.data
        if flow is None or data.get("type") == "sticker":
            return False
        if draft.context.kind != MessageKind.CONTACT:
            self._end(draft, phrases.LENT_LEFT)
            return True
        if not data.get("own") or not CAPABILITIES[draft.context.channel].proves_phone:
            return False
        phone = str(data.get("phone", ""))
        draft.effects.append(PhoneProved(phone))
        await self._feed(draft, flow, FlowTurn("", phone=phone))
        return True

    def leave(self, draft: Draft) -> None:
        """Something more urgent: the flow is over without a word."""
        if draft.state.lent:
            draft.state.end_flow()
            self._over(draft)

    def _flow(self, draft: Draft) -> Flow | None:
        flow = self._flows.current(draft)
        if flow is None:  # of another release
            draft.state.end_flow()
            draft.state.lent = ""
        return flow

    async def _feed(self, draft: Draft, flow: Flow, said: FlowTurn) -> None:
        misses = draft.state.misses
        await self._flows.feed(draft, flow, said)
        if draft.state.misses > misses:
            # Asked once more, and the operator sees that it may have been meant for him.
            draft.effects.append(CustomerWrote())
        self._follow(draft)

    def _follow(self, draft: Draft) -> None:
        """After a step of the flow: only its own buttons work in an operator's conversation."""
        going_on = bool(draft.state.flow)
        draft.replies = [replace(one, buttons=_own(one.buttons)) for one in draft.replies]
        if going_on and draft.replies:
            last = draft.replies[-1]
            draft.replies[-1] = replace(last, buttons=(*last.buttons, NOT_NOW_BUTTON))
        if not going_on:
            self._over(draft)

    def _end(self, draft: Draft, text: str) -> None:
        draft.state.end_flow()
        draft.say(text)
        self._over(draft)

    def _over(self, draft: Draft) -> None:
        draft.effects.append(LentEnded(draft.state.lent, draft.flow_done))
        draft.state.lent = ""
        if draft.context.kind != MessageKind.LENT:
            draft.effects.append(CustomerWrote())  # it is the operator's turn


def _own(buttons: tuple[Button, ...]) -> tuple[Button, ...]:
    return tuple(
        button
        for button in buttons
        if button.contact or not button.action or button.action.startswith("f:")
    )


def _is_elsewhere(draft: Draft, flow: Flow, found: Understanding) -> bool:
    """Whether the customer asks for something else than he is asked."""
    asked = str(draft.state.flow_state.get("asked", ""))
    if asked in {"number", "name"} and is_lost(draft.context.text):
        return False
    if found.intent.startswith("faq/"):
        return not gives_number(found, asked)
    return not is_bare_answer(found) and moves_on(found.intent, flow, asked)
