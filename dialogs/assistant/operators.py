"""Danger, the way to the operators and back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from dialogs import phrases
from dialogs.actions import LEAVE_QUEUE_BUTTON, MENU_BUTTON, RESUME_BUTTON
from dialogs.assistant.draft import Draft
from dialogs.menu import main_menu
from dialogs.turn import CustomerWrote, LeaveQueue, RequestOperator

# Said to an operator, it does not start the clock of his next answer.
_NEEDS_NO_ANSWER = {"thanks", "goodbye", "affirm"}


class Promise(Protocol):
    """By when an operator will answer, and how the customer is told. ``first``: before all
    others. ``look`` is called before, outside any transaction."""

    async def look(self, now: datetime) -> None: ...

    def due(self, now: datetime, *, first: bool = False) -> datetime: ...

    def told(self, now: datetime, due: datetime) -> str: ...


class Operators:
    """``promise`` tells by when an operator will answer; ``is_open`` whether they work."""

    def __init__(
        self,
        variables: Callable[[], Mapping[str, Any]],
        promise: Promise,
        is_open: Callable[[datetime], bool],
    ) -> None:
        self._variables = variables
        self._promise = promise
        self._is_open = is_open

    def danger(self, draft: Draft) -> None:
        grid = self._variables()["grid"]
        promise = self._promised(draft, first=True)
        draft.effects.append(RequestOperator("danger", _summary(draft), danger=True))
        draft.say(
            phrases.DANGER.format(grid_phone=grid["phone"], grid_name=grid["name"], promise=promise)
        )

    def call(self, draft: Draft, reason: str, collected: Mapping[str, Any] | None = None) -> None:
        """``reason``: a key of ``phrases.ASK_OPERATOR``; ``collected`` goes into the summary."""
        draft.topics.add("operator")
        if draft.state.stopped:
            until, told = draft.state.stopped
            if draft.context.now < datetime.fromisoformat(until):
                draft.say(told, MENU_BUTTON)
                return
            draft.state.stopped = []
        if draft.with_operator:
            draft.effects.append(CustomerWrote())
            draft.say(phrases.STILL_WITH_OPERATOR)
            return
        values = {"promise": self._promised(draft)} | dict(collected or {})
        if draft.in_queue:
            draft.effects.append(CustomerWrote())
            told = phrases.ADDED_FOR_OPERATOR.get(reason, phrases.OPERATOR_ALREADY)
            draft.say(told.format_map(values), LEAVE_QUEUE_BUTTON)
            return
        summary = _summary(draft) | dict(collected or {})
        draft.effects.append(RequestOperator(reason, summary))
        draft.say(phrases.ASK_OPERATOR[reason].format_map(values), LEAVE_QUEUE_BUTTON)

    def tell_when(self, draft: Draft) -> None:
        """Asked how long it will take: the time that was promised, once more."""
        told = phrases.STILL_WAITING.format(promise=self._promised(draft))
        draft.say(told, LEAVE_QUEUE_BUTTON, MENU_BUTTON)

    def keep(self, draft: Draft) -> None:
        """What is written in the queue and is no question of its own: the operator will read it."""
        draft.effects.append(CustomerWrote())
        told = phrases.IN_QUEUE_KEPT.format(promise=self._promised(draft))
        draft.say(told, LEAVE_QUEUE_BUTTON)

    def leave_to(self, draft: Draft) -> None:
        """An operator has the conversation: the assistant is silent, unless nobody is at work."""
        if draft.understanding is None or draft.understanding.intent not in _NEEDS_NO_ANSWER:
            draft.effects.append(CustomerWrote())
        if self._is_open(draft.context.now):
            draft.state.schedule_told = False
        elif not draft.state.schedule_told:
            draft.state.schedule_told = True
            now = draft.context.now
            promise = self._promise.told(now, self._promise.due(now))
            draft.say(phrases.OPERATOR_AWAY.format(promise=promise), RESUME_BUTTON)

    def leave(self, draft: Draft, text: str) -> None:
        """The customer goes on with the assistant; ``text`` says so, above the menu."""
        draft.effects.append(LeaveQueue())
        draft.replies.append(main_menu(text))

    def leave_to_go_on(self, draft: Draft) -> None:
        """… in the middle of a flow, which asks its question again after this."""
        draft.effects.append(LeaveQueue())
        draft.say(phrases.LEFT_QUEUE_IN_FLOW)

    def _promised(self, draft: Draft, *, first: bool = False) -> str:
        """A customer who waits is told the same time each time."""
        now, state = draft.context.now, draft.state
        if draft.in_queue and state.promised_by and not first:
            return self._promise.told(now, datetime.fromisoformat(state.promised_by))
        due = self._promise.due(now, first=first)
        state.promised_by = due.isoformat()
        return self._promise.told(now, due)


def _summary(draft: Draft) -> dict[str, Any]:
    """What the operator should see at once, built from the state."""
    found = draft.understanding
    return {
        "intent": found.intent if found else "",
        "topic": draft.state.last_topic,
        "flow": draft.state.flow,
    }
