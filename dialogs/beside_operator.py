"""The day after the operators: what is clear the assistant answers, the rest is theirs again.

Leaves what is decided to the assistant, and changes what follows from it. No I/O of its own.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from conversations.models import MessageKind, Turn
from dialogs import actions, phrases
from dialogs.actions import RESUME_BUTTON
from dialogs.assistant.operators import Promise
from dialogs.state import DialogState
from dialogs.turn import (
    CommentRating,
    Context,
    Effect,
    LeaveQueue,
    NotUnderstood,
    RateOperator,
    RequestOperator,
    Response,
)
from media.attachments import is_too_large
from replies import Button, Reply

BACK_BUTTON = Button("Вернуться к оператору", action=actions.OPERATOR)
# Said at the end of a matter: nothing to go back for.
_CLOSING = {"thanks", "goodbye", "affirm"}
_OWN_WAY = (RequestOperator, LeaveQueue, RateOperator, CommentRating)


class Answering(Protocol):
    async def respond(self, context: Context) -> Response: ...

    def give_up(self, context: Context) -> Response: ...


class BesideOperator:
    """``promise`` tells a customer by when an operator will answer.

    ``operator_until`` in the conversation's state says how long the day lasts; see
    ``handoff.steps``.
    """

    def __init__(self, assistant: Answering, promise: Promise) -> None:
        self._assistant = assistant
        self._promise = promise

    async def respond(self, context: Context) -> Response:
        await self._promise.look(context.now)
        response = await self._assistant.respond(context)
        state = DialogState.load(context.state)
        if not state.operator_until or context.turn != Turn.ASSISTANT or response.waits:
            return response
        past = context.now >= datetime.fromisoformat(state.operator_until)
        if past or _is_stopped(state, context.now):
            return response
        if _is_unclear(context, state, response):
            return self._to_operator(context, response)
        found = response.understanding
        closing = found is not None and found.intent in _CLOSING
        if not response.replies or closing or _has(response.effects, *_OWN_WAY):
            return response
        *others, last = response.replies
        kept = tuple(button for button in last.buttons if button.action != actions.OPERATOR)
        return _saying(response, (*others, replace(last, buttons=(*kept, BACK_BUTTON))))

    def give_up(self, context: Context) -> Response:
        return self._assistant.give_up(context)

    def _to_operator(self, context: Context, response: Response) -> Response:
        state = DialogState.load(response.state)
        state.misses, state.pending = 0, ""
        due = self._promise.due(context.now)
        state.promised_by = due.isoformat()
        found = response.understanding
        summary = {"intent": found.intent if found else "", "topic": state.last_topic}
        kept = tuple(one for one in response.effects if isinstance(one, NotUnderstood))
        effects: tuple[Effect, ...] = (*kept, RequestOperator("returned", summary))
        told = phrases.BACK_TO_OPERATOR.format(promise=self._promise.told(context.now, due))
        response = replace(response, state=state.dump(), effects=effects)
        return _saying(response, (Reply(told, (RESUME_BUTTON,)),))


def _saying(response: Response, replies: tuple[Reply, ...]) -> Response:
    """With other replies, and their buttons on the screen."""
    state: dict[str, Any] = dict(response.state)
    state["buttons"] = [[one.label, one.action] for one in replies[-1].buttons if one.action]
    return replace(response, replies=replies, state=state)


def _is_unclear(context: Context, state: DialogState, response: Response) -> bool:
    """Words that were not understood, or a file without words outside a flow."""
    if _has(response.effects, NotUnderstood):
        return not _has(response.effects, RequestOperator)
    wordless = context.kind == MessageKind.ATTACHMENT and not context.text.strip()
    if any(is_too_large(file) for file in context.data.get("files", ())):
        return False  # the customer is told so, and there is nothing to show
    return wordless and not state.flow and context.data.get("type") != "sticker"


def _is_stopped(state: DialogState, now: datetime) -> bool:
    return bool(state.stopped) and now < datetime.fromisoformat(state.stopped[0])


def _has(effects: Iterable[Effect], *kinds: type) -> bool:
    return any(isinstance(one, kinds) for one in effects)
