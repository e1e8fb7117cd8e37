"""«Отмените показания»: a reading taken back within ten minutes."""

from dataclasses import dataclass

from billing.views import Undone
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, intent_button
from dialogs.flow import Done, FlowTurn, Known, Moment, Step, UndoReading
from dialogs.flows.identification import Identification
from dialogs.flows.reading_texts import named
from replies import Reply

NAME = "undo"
VERSION = 1


@dataclass(slots=True)
class State(Identification):
    """``reading_id`` is the one meant; ``None``: the last that this customer gave."""

    reading_id: int | None = None


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    if turn.choice.isdecimal():
        state.reading_id = int(turn.choice)
    return True


def advance(state: State, known: Known, moment: Moment) -> Step:
    query = UndoReading(state.reading_id)
    if query not in known:
        return query
    undone: Undone = known[query]
    again = intent_button("Передать показания", "submit_reading")
    if not undone.number:
        text = "Отменять нечего: свежих показаний от Вас в этом чате нет."
        return Done((Reply(text, (again, MENU_BUTTON)),))
    what = f"{undone.number} ({named(undone.values)}, счёт {undone.account})"
    if undone.late:
        text = (
            f"Показания {what} отменить уже нельзя: прошло больше 10 минут. Если в них ошибка, "
            "передайте верные, они заменят прежние, или позовите оператора."
        )
        return Done((Reply(text, (again, OPERATOR_BUTTON, MENU_BUTTON)),))
    text = f"Показания {what} отменены."
    if undone.restored:
        text += f" Снова действуют прежние: {named(undone.restored)}."
    return Done((Reply(text, (again, MENU_BUTTON)),))
