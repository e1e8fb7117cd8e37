"""«Привяжите лицевой счёт»: identification alone; later questions need no number again [16]."""

from dataclasses import dataclass

from dialogs.actions import begin_button, intent_button
from dialogs.flow import AccountFacts, Done, FlowTurn, Known, Moment, Step
from dialogs.flows import identification
from dialogs.flows.identification import Identification
from replies import Reply

NAME = "link"
VERSION = 1


@dataclass(slots=True)
class State(Identification):
    pass


def start(run: str) -> State:
    return State(run=run, flow=NAME, fresh=True)


def absorb(state: State, turn: FlowTurn) -> bool:
    return identification.absorb(state, turn)


def advance(state: State, known: Known, moment: Moment) -> Step:
    account = identification.resolve(state, known)
    if not isinstance(account, int):
        return account
    if AccountFacts(account) not in known:
        return AccountFacts(account)
    number = known[AccountFacts(account)].account.masked_number
    text = f"Лицевой счёт {number} привязан. Теперь можно спрашивать о нём без номера."
    buttons = (
        intent_button("Сколько я должен", "balance"),
        intent_button("Передать показания", "submit_reading"),
        begin_button("Назвать счёт", "accounts", f"account-{account}"),
    )
    return Done((Reply(text, buttons),))
