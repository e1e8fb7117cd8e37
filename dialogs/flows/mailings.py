"""«Хочу получать новости»: consent to mailings, a message and a button of its own (152-ФЗ ст. 9;
38-ФЗ ст. 18). Only where the profile has mailings."""

from dataclasses import dataclass

from billing.customers.consents import Standing
from billing.models import Purpose
from dialogs.actions import MENU_BUTTON, begin_button
from dialogs.flow import Asking, ConsentAsked, Done, FlowTurn, GiveConsent, Known, Moment, Step
from dialogs.flows import identification
from dialogs.flows.identification import Identification, consent_buttons
from replies import Reply

NAME = "mailings"
VERSION = 1

AGREED = (
    "Записал: Вы согласны получать здесь рассылки. Передумаете — напишите «отзываю согласие на "
    "рассылку»."
)
ALREADY = "Вы уже согласились получать здесь рассылки. Отозвать согласие можно в любой момент."
DECLINED = "Хорошо, рассылок не будет. На всём остальном это не скажется."
_ASKED = ConsentAsked(Purpose.MAILINGS)
_GIVEN = GiveConsent(Purpose.MAILINGS)


@dataclass(slots=True)
class State(Identification):
    pass


def start(run: str) -> State:
    return State(run=run, flow=NAME)


def absorb(state: State, turn: FlowTurn) -> bool:
    intent = turn.understanding.intent if turn.understanding else ""
    if turn.choice or (state.asked and intent in {"affirm", "deny"}):
        return identification.absorb(state, turn)
    return False


def advance(state: State, known: Known, moment: Moment) -> Step:
    if _ASKED not in known:
        return _ASKED
    standing: Standing = known[_ASKED]
    if standing.given:
        withdraw = begin_button("Отозвать согласие", "consent", "withdraw-mailings")
        return Done((Reply(ALREADY, (withdraw, MENU_BUTTON)),))
    if state.declined:
        return Done((Reply(DECLINED, (MENU_BUTTON,)),))
    if not state.agreed:
        state.asked = "consent"
        return Asking(Reply(standing.text, consent_buttons(state)))
    return Done((Reply(AGREED, (MENU_BUTTON,)),)) if _GIVEN in known else _GIVEN
