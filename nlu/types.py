"""The values that understanding returns. Names of intents and entities: ``nlu/taxonomy.py``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entity:
    """A detail found in a message.

    ``start`` and ``end`` are offsets into the customer's own text (``text[start:end]``).
    ``value`` is normalised: a reading is "12345.6", an account "440012345678", a phone
    "+79161234567", an amount in roubles "1500.50", a date "2026-10-25" or a period "2026-10".
    """

    entity: str
    value: str
    start: int
    end: int
    role: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """An intent with its calibrated probability, 0 to 1."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """One question found in one message; ``ranking`` is best first and starts with ``intent``."""

    text: str
    intent: str
    confidence: float
    ranking: tuple[Ranked, ...] = ()
    entities: tuple[Entity, ...] = ()
    model_id: str = ""

    def of(self, entity: str) -> tuple[Entity, ...]:
        """The found entities of one kind, in the order of the text."""
        return tuple(found for found in self.entities if found.entity == entity)


class Engine(Protocol):
    """What reads a message: the embedded engine or a Rasa server's client.

    ``parse`` never raises on any text. ``now`` is the local time of the message with its zone;
    relative dates («вчера», «за октябрь») are resolved from it.
    """

    @property
    def model_id(self) -> str: ...

    def parse(self, text: str, *, now: datetime) -> Understanding:
        """The whole message as one question."""
        ...
