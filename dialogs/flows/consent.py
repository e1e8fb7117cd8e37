"""«Отзываю согласие»: personal data are no longer used, public answers go on (152-ФЗ ст. 9)."""

from dataclasses import dataclass

from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON
from dialogs.flow import Done, FlowTurn, Known, Moment, Step, WithdrawConsent
from dialogs.flows.identification import Identification
from replies import Reply

NAME = "consent"
VERSION = 1

WITHDRAWN = (
    "Согласие отозвано: лицевые счета от этого чата отвязаны, рассылок не будет. На общие "
    "вопросы отвечаю как прежде. Чтобы удалить и переписку, позовите оператора."
)


@dataclass(slots=True)
class State(Identification):
    pass


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    return True


def advance(state: State, known: Known, moment: Moment) -> Step:
    if WithdrawConsent() not in known:
        return WithdrawConsent()
    return Done((Reply(WITHDRAWN, (MENU_BUTTON, OPERATOR_BUTTON)),))
