"""Beginning a flow and going on with it; what it says becomes the reply."""

from collections.abc import Callable, Mapping
from typing import Any

from dialogs import phrases
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON
from dialogs.assistant.draft import Draft
from dialogs.assistant.operators import Operators
from dialogs.flow import Asking, Done, Failed, FlowTurn
from dialogs.flow_runner import FlowRunner
from dialogs.state import INTENT_FLOWS, Flow

_INTENT_OF = {flow: intent for intent, flow in INTENT_FLOWS.items()}


class FlowTurns:
    """``personal_data``: what each channel may carry."""

    def __init__(
        self,
        runner: FlowRunner,
        operators: Operators,
        variables: Callable[[], Mapping[str, Any]],
        personal_data: Mapping[str, str],
    ) -> None:
        self._runner = runner
        self._operators = operators
        self._variables = variables
        self._personal_data = personal_data

    def current(self, draft: Draft) -> Flow | None:
        return self._runner.current(draft.state)

    def knows(self, name: str) -> bool:
        return self._runner.knows(name)

    async def start(self, draft: Draft, name: str, said: FlowTurn) -> None:
        # Every flow speaks of somebody's account or phone.
        if self._personal_data.get(draft.context.channel) != "full":
            company = self._variables()["company"]
            text = phrases.NOT_IN_THIS_CHANNEL.format(site=company["site"], phone=company["phone"])
            draft.say(text, MENU_BUTTON, OPERATOR_BUTTON)
            return
        await self.feed(draft, self._runner.begin(draft.state, name), said)

    async def feed(self, draft: Draft, flow: Flow, said: FlowTurn) -> None:
        step = await self._runner.feed(flow, draft.state, draft.context, said)
        if isinstance(step, Done | Failed):
            draft.state.last_topic = _INTENT_OF.get(flow.name, "")
        self._follow(draft, step)

    async def ask_again(self, draft: Draft, flow: Flow) -> None:
        """After something in between: the flow's own question once more."""
        self._follow(draft, await self._runner.ask_again(flow, draft.state, draft.context))

    def _follow(self, draft: Draft, step: Asking | Done | Failed) -> None:
        match step:
            case Asking(reply=reply):
                draft.replies.append(reply)
            case Done(replies=replies, effects=effects, ok=ok):
                draft.replies.extend(replies)
                draft.effects.extend(effects)
                draft.flow_done = ok
            case Failed(collected=collected, reason=reason):
                self._operators.call(draft, reason, collected)
