"""The figures of ``docs/reliability.md``: what each fault cost, gathered over all rounds."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.faults.crowd import Reckoning

PROPERTY = "fault"
# No process may hold more, whatever fails; a flood may add so much.
MOST_MB = 550.0
MOST_OF_A_FLOOD_MB = 60.0


@dataclass(frozen=True, slots=True)
class Row:
    """``seconds``: until a customer who wrote in the fault (or at its end, where it lasts) has his
    answer. Nothing is lost or taken twice in any row: the reckoning would have failed."""

    fault: str
    seconds: float
    messages: int = 0
    repeated: int = 0
    unknown: int = 0
    memory_mb: float = 0.0

    def __post_init__(self) -> None:
        assert self.memory_mb <= MOST_MB, self

    @classmethod
    def of(cls, fault: str, seconds: float, found: Reckoning, memory_mb: float = 0.0) -> "Row":
        return cls(fault, seconds, found.messages, found.repeated, found.unknown, memory_mb)

    def property(self) -> tuple[str, dict[str, Any]]:
        return PROPERTY, asdict(self)


def table(rows: Iterable[Row]) -> list[str]:
    """Lines of Markdown, one fault a line."""
    by_fault: dict[str, list[Row]] = {}
    for row in rows:
        by_fault.setdefault(row.fault, []).append(row)
    lines = [
        "| fault | times | messages | read twice | of unknown outcomes | s, median | s, longest "
        "| MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for fault, found in sorted(by_fault.items()):
        seconds = [row.seconds for row in found]
        memory = max(row.memory_mb for row in found)
        lines.append(
            f"| {fault} | {len(found)} | {sum(row.messages for row in found)} "
            f"| {sum(row.repeated for row in found)} | {sum(row.unknown for row in found)} "
            f"| {median(seconds):.1f} | {max(seconds):.1f} | {memory:.0f} |"
        )
    return lines
