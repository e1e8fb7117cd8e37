"""«Отзываю согласие»: personal data are no longer used, public answers go on (152-ФЗ ст. 9);
«отзываю согласие на рассылку»: only that ends."""

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
UNSUBSCRIBED = "Согласие на рассылку отозвано: рассылок здесь не будет. Всё остальное как прежде."


@dataclass(slots=True)
class State(Identification):
    mailings_only: bool = False


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    state.mailings_only = turn.choice == "withdraw-mailings"
    return True


def advance(state: State, known: Known, moment: Moment) -> Step:
    withdraw = WithdrawConsent(state.mailings_only)
    if withdraw not in known:
        return withdraw
    if state.mailings_only:
        return Done((Reply(UNSUBSCRIBED, (MENU_BUTTON,)),))
    return Done((Reply(WITHDRAWN, (MENU_BUTTON, OPERATOR_BUTTON)),))
