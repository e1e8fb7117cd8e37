"""What a button carries: at most 64 bytes, readable by any process after any restart."""

import re
from dataclasses import dataclass

from handoff import ratings
from replies import Button

LIMIT_BYTES = 64
_RATED = re.compile(r"(\d{1,18}):([1-5])")

MENU = "menu"
OPERATOR = "i:operator"
LEAVE_QUEUE = "queue:leave"
RESUME_ASSISTANT = "queue:resume"
NOT_NOW = "lent:stop"
_HELPED = "h:y:"
_NOT_HELPED = "h:n:"


@dataclass(frozen=True, slots=True)
class IntentAction:
    """The customer chose a question from a list."""

    intent: str


@dataclass(frozen=True, slots=True)
class FlowAction:
    """A choice inside a flow; ``run`` tells this run of the flow from an earlier one."""

    flow: str
    run: str
    choice: str


@dataclass(frozen=True, slots=True)
class BeginAction:
    """Begin a flow with a choice already made: «отменить показания № 7»."""

    flow: str
    choice: str


@dataclass(frozen=True, slots=True)
class SectionAction:
    section: str


@dataclass(frozen=True, slots=True)
class RateAction:
    """The customer rates the operators' help, 1 to 5."""

    handoff_id: int
    score: int


@dataclass(frozen=True, slots=True)
class PlainAction:
    """One of the constants above, or something that no button of ours carries."""

    name: str


Action = IntentAction | FlowAction | BeginAction | SectionAction | RateAction | PlainAction


def parse(action: str) -> Action:
    kind, _, rest = action.partition(":")
    if kind == "i" and rest:
        return IntentAction(rest)
    if kind == "s" and rest:
        return SectionAction(rest)
    if kind == "f" and rest.count(":") >= 2:
        return FlowAction(*rest.split(":", 2))
    if kind == "b" and rest.count(":") >= 1:
        return BeginAction(*rest.split(":", 1))
    if kind == ratings.ACTION and (rated := _RATED.fullmatch(rest)):
        return RateAction(int(rated[1]), int(rated[2]))
    return PlainAction(action)


def intent_button(label: str, intent: str) -> Button:
    return Button(label, action=f"i:{intent}")


def section_button(label: str, section: str) -> Button:
    return Button(label, action=f"s:{section}")


def flow_button(label: str, flow: str, run: str, choice: str) -> Button:
    return Button(label, action=f"f:{flow}:{run}:{choice}")


def begin_button(label: str, flow: str, choice: str) -> Button:
    return Button(label, action=f"b:{flow}:{choice}")


def helpful_buttons(topic: str) -> tuple[Button, Button]:
    """Under «Это помогло?»; read back by ``helpful``."""
    return (
        Button("Помогло", action=f"{_HELPED}{topic}"),
        Button("Не помогло", action=f"{_NOT_HELPED}{topic}"),
    )


def helpful(action: str) -> tuple[str, bool] | None:
    """The topic that was rated and whether the answer helped; None for another button."""
    for prefix, yes in ((_HELPED, True), (_NOT_HELPED, False)):
        if action.startswith(prefix):
            return action.removeprefix(prefix), yes
    return None


OPERATOR_BUTTON = Button("Оператор", action=OPERATOR)
MENU_BUTTON = Button("Меню", action=MENU)
LEAVE_QUEUE_BUTTON = Button("Уже не нужно", action=LEAVE_QUEUE)
RESUME_BUTTON = Button("Продолжить с ботом", action=RESUME_ASSISTANT)
NOT_NOW_BUTTON = Button("Не сейчас", action=NOT_NOW)
