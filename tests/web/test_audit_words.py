"""The log is read by an administrator: every action and object that is recorded has a name."""

import re
from pathlib import Path

from handoff.customer.lending import Lent
from knowledge_base.gaps.models import GapState
from web.audit import ACTIONS, KINDS, OBJECTS

ROOMS = ("okno", "bots", "dialogs", "handoff", "knowledge_base", "billing", "web", "staff")
# Put together where they are recorded.
COMPOSED = {f"handoff.lent_{what}" for what in Lent} | {
    f"gap.{state}" for state in GapState if state is not GapState.OPEN
}
# Live events, jobs, lines of the log and the tables' columns are named alike.
LITERAL = re.compile(r'(?:(emit|ForeignKey)\(\s*(?:tx,\s*)?)?"([a-z]+\.[a-z_]+)"')
ELSEWHERE = {"reading.decided", "reading.settled", "handoff.close_idle", "calendar.not_loaded"}
OBJECT = re.compile(r'\bobject_kind="(\w+)"')


def keepers() -> list[str]:
    """The modules that keep the log, as text."""
    root = Path(__file__).resolve().parents[2]
    paths = {path for room in ROOMS for path in (root / room).rglob("*.py")}
    texts = (path.read_text("utf-8") for path in paths - {root / "web" / "audit.py"})
    return [text for text in texts if re.search(r"\baudit\b|\beditor\.log\(|\blog\(tx", text)]


def test_every_action_has_a_name() -> None:
    kinds = tuple(kind for kind in KINDS if kind)
    found = {
        action
        for text in keepers()
        for event, action in LITERAL.findall(text)
        if not event and action.startswith(kinds)
    }
    assert found - ELSEWHERE | COMPOSED == set(ACTIONS)


def test_every_kind_of_action_can_be_chosen() -> None:
    assert {action.split(".")[0] + "." for action in ACTIONS} | {""} == set(KINDS)


def test_every_object_has_a_name() -> None:
    found = {kind for text in keepers() for kind in OBJECT.findall(text)}
    assert found <= set(OBJECTS)
    assert len(found) > 10
