"""The dialog's state, kept with the conversation as JSON: any process can go on with it."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from billing.readings.rules import AcceptanceRules
from dialogs.flow import FlowTurn, Known, Moment, Step
from dialogs.flows import (
    accounts,
    balance,
    callback,
    charges,
    consent,
    history,
    link,
    mailings,
    pay,
    payment_history,
    payment_status,
    penalty,
    reading,
    receipt,
    undo,
)
from dialogs.flows.identification import Identification
from dialogs.money import MoneyRules


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow's parts under one name; ``version`` changes when old states can't be read."""

    name: str
    version: int
    state: type[Identification]
    start: Callable[[str], Identification]
    absorb: Callable[[Any, FlowTurn], bool]
    advance: Callable[[Any, Known, Moment], Step]


def flows(
    rules: Callable[[], AcceptanceRules],
    money: Callable[[], MoneyRules],
    *,
    has_mailings: bool = False,
) -> dict[str, Flow]:
    """Every flow by its name. ``rules()``: which readings the company accepts today."""

    def advance_reading(state: reading.State, known: Known, moment: Moment) -> Step:
        return reading.advance(state, known, moment, rules())

    return {
        reading.NAME: Flow(
            reading.NAME, reading.VERSION, reading.State, reading.start, reading.absorb,
            advance_reading,
        ),
        balance.NAME: Flow(
            balance.NAME, balance.VERSION, balance.State, balance.start, balance.absorb,
            balance.advance,
        ),
        link.NAME: Flow(
            link.NAME, link.VERSION, link.State, link.start, link.absorb, link.advance
        ),
        undo.NAME: Flow(
            undo.NAME, undo.VERSION, undo.State, undo.start, undo.absorb, undo.advance
        ),
        accounts.NAME: Flow(
            accounts.NAME, accounts.VERSION, accounts.State, accounts.start, accounts.absorb,
            accounts.advance,
        ),
        history.NAME: Flow(
            history.NAME, history.VERSION, history.State, history.start, history.absorb,
            history.advance,
        ),
        consent.NAME: Flow(
            consent.NAME, consent.VERSION, consent.State, consent.start, consent.absorb,
            consent.advance,
        ),
        **(_mailings_flow() if has_mailings else {}),
        callback.NAME: Flow(
            callback.NAME, callback.VERSION, callback.State, callback.start, callback.absorb,
            callback.advance,
        ),
        **_money_flows(money),
    }  # fmt: skip


def _mailings_flow() -> dict[str, Flow]:
    return {
        mailings.NAME: Flow(
            mailings.NAME, mailings.VERSION, mailings.State, mailings.start, mailings.absorb,
            mailings.advance,
        ),
    }  # fmt: skip


def _money_flows(rules: Callable[[], MoneyRules]) -> dict[str, Flow]:
    def advance_pay(state: pay.State, known: Known, moment: Moment) -> Step:
        return pay.advance(state, known, moment, rules())

    def advance_status(state: payment_status.State, known: Known, moment: Moment) -> Step:
        return payment_status.advance(state, known, moment, rules())

    found = (
        Flow(charges.NAME, charges.VERSION, charges.State, charges.start, charges.absorb,
             charges.advance),
        Flow(payment_history.NAME, payment_history.VERSION, payment_history.State,
             payment_history.start, payment_history.absorb, payment_history.advance),
        Flow(payment_status.NAME, payment_status.VERSION, payment_status.State,
             payment_status.start, payment_status.absorb, advance_status),
        Flow(pay.NAME, pay.VERSION, pay.State, pay.start, pay.absorb, advance_pay),
        Flow(receipt.NAME, receipt.VERSION, receipt.State, receipt.start, receipt.absorb,
             receipt.advance),
        Flow(penalty.NAME, penalty.VERSION, penalty.State, penalty.start, penalty.absorb,
             penalty.advance),
    )  # fmt: skip
    return {flow.name: flow for flow in found}


INTENT_FLOWS = {
    "submit_reading": reading.NAME,
    "balance": balance.NAME,
    "charges": charges.NAME,
    "payment_history": payment_history.NAME,
    "payment_status": payment_status.NAME,
    "pay": pay.NAME,
    "receipt": receipt.NAME,
    # Not a label of the taxonomy: a button under bills and under the article about penalty, and
    # what ``own_matters`` makes of «мои пени».
    "penalty": penalty.NAME,
    "link_account": link.NAME,
    "my_accounts": accounts.NAME,
    "reading_history": history.NAME,
    "callback": callback.NAME,
    # Where the company has mailings; elsewhere an interim answer.
    "notifications": mailings.NAME,
}


@dataclass(slots=True)
class DialogState:
    """``misses``: messages in a row not understood. ``buttons``: (label, action) on the screen.

    ``schedule_told``: since the operators' work ended, the customer has been told so. ``pending``:
    the customer's words that the buttons on the screen ask about.
    """

    greeted: bool = False
    misses: int = 0
    flow: str = ""
    flow_version: int = 0
    flow_state: dict[str, Any] = field(default_factory=dict)
    buttons: list[list[str]] = field(default_factory=list)
    last_topic: str = ""
    # ISO times: when that was, and when «Это помогло?» was last asked.
    last_topic_at: str = ""
    asked_helpful_at: str = ""
    # «Это помогло?» about it is on the screen.
    asked_helpful: str = ""
    schedule_told: bool = False
    # By when the customer who waits for an operator was promised an answer (ISO).
    promised_by: str = ""
    # Until when operators do not answer this customer, and what he is told of it.
    stopped: list[str] = field(default_factory=list)
    # Announcements that were shown in this conversation.
    announced: list[int] = field(default_factory=list)
    # The stay with the operators that was rated just now: a comment may follow.
    rated: int = 0
    pending: str = ""
    # Our last question was whether to call an operator.
    offered_operator: bool = False
    # Until when what is not clear goes back to the operators (ISO); see ``handoff/steps.py``.
    operator_until: str = ""
    # What the customer's client can't show (``conversations.models.LACKS``), by his last message.
    lacks: list[str] = field(default_factory=list)
    # What an operator who has the conversation has lent it for (``handoff.customer.lending.Lent``).
    lent: str = ""

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "DialogState":
        known = cls.__dataclass_fields__
        return cls(**{key: value for key, value in stored.items() if key in known})

    def dump(self) -> dict[str, Any]:
        return stored(self)

    def end_flow(self) -> None:
        self.flow, self.flow_version, self.flow_state = "", 0, {}


def stored(record: Any) -> dict[str, Any]:
    """The fields of a state, all of them plain JSON, by their names."""
    return {one.name: getattr(record, one.name) for one in fields(record)}


def restore(flow: Flow, state: DialogState) -> Identification:
    """The flow's own state; a version of another release starts anew with its slots."""
    slots = dict(state.flow_state)
    if state.flow_version != flow.version:
        fresh = flow.start(new_run())
        fresh.number, fresh.account_id = slots.get("number"), slots.get("account_id")
        return fresh
    return flow.state(**slots)


def new_run() -> str:
    """Tells the buttons of this run of a flow from those of an earlier one."""
    return secrets.token_hex(2)
