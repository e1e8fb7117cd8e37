"""Runs a flow for one message: feeds it, answers its queries, keeps its state."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from billing.errors import GatewayDown, UnknownAccount
from dialogs import phrases
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON
from dialogs.billing_answers import Answers
from dialogs.flow import Asking, Done, Failed, FlowTurn, Moment, Query
from dialogs.flows.identification import Identification
from dialogs.money import MoneyQuery
from dialogs.state import DialogState, Flow, new_run, restore, stored
from dialogs.turn import Context
from replies import Reply

log = structlog.get_logger(__name__)

MAX_MISSES = 2
CHANNEL_NAMES = {"web": "чат на сайте", "telegram": "Telegram", "terminal": "терминал"}


class FlowRunner:
    """Every method changes only the given ``DialogState``; what is said is returned."""

    def __init__(self, flows: Mapping[str, Flow], answers: Answers, zone: ZoneInfo) -> None:
        self._flows = flows
        self._answers = answers
        self._zone = zone

    def current(self, state: DialogState) -> Flow | None:
        """The flow under way; one that this release does not know is no flow."""
        return self._flows.get(state.flow)

    def knows(self, name: str) -> bool:
        return name in self._flows

    def begin(self, state: DialogState, name: str) -> Flow:
        """Begin a flow in place of another."""
        flow = self._flows[name]
        fresh = flow.start(new_run())
        # Of the flow before: an account named there is not asked for again.
        fresh.number = state.flow_state.get("number")
        state.flow, state.flow_version = flow.name, flow.version
        state.flow_state = stored(fresh)
        return flow

    async def feed(
        self, flow: Flow, state: DialogState, context: Context, said: FlowTurn
    ) -> Asking | Done | Failed:
        """What follows from ``said``; two messages in a row that give nothing fail the flow."""
        slots = restore(flow, state)
        # The message that began the flow need not answer anything.
        begun = bool(slots.asked)
        took = flow.absorb(slots, said)
        state.misses = state.misses + 1 if begun and not took else 0
        if state.misses >= MAX_MISSES:
            state.misses = 0
            state.end_flow()
            return Failed({"flow": flow.name})
        return await self._advance(flow, state, context, slots)

    async def ask_again(
        self, flow: Flow, state: DialogState, context: Context
    ) -> Asking | Done | Failed:
        """After a question in between: the flow's own question once more."""
        return await self._advance(flow, state, context, restore(flow, state))

    async def _advance(
        self, flow: Flow, state: DialogState, context: Context, slots: Identification
    ) -> Asking | Done | Failed:
        channel = CHANNEL_NAMES.get(context.channel, context.channel)
        moment = Moment(context.now.astimezone(self._zone), channel)
        known: dict[Query | MoneyQuery, Any] = {}
        while True:
            step = flow.advance(slots, known, moment)
            if isinstance(step, Asking):
                state.flow_state, state.flow_version = stored(slots), flow.version
                return step
            if isinstance(step, Done | Failed):
                state.end_flow()
                return step
            try:
                known[step] = await self._answers.answer(step, context)
            except GatewayDown:
                log.warning("dialogs.billing_down", conversation=context.conversation_id)
                state.end_flow()
                told = Reply(phrases.BILLING_DOWN, (OPERATOR_BUTTON, MENU_BUTTON))
                return Done((told,), ok=False)
            except UnknownAccount:
                state.end_flow()
                return Failed({"flow": flow.name})
