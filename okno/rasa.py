"""``OKNO_NLU_ENGINE=rasa``: a Rasa server reads the messages, the embedded engine stands by."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

import httpx
from prometheus_client import Counter

from billing.circuit import Circuit
from nlu import Engine, Understanding
from nlu.rasa_client import RasaEngine
from nlu.taxonomy import DANGER
from okno.findings import Finding
from okno.settings import Settings

FALLBACKS = Counter(
    "okno_rasa_fallbacks_total", "Questions that Rasa did not read: the embedded engine did"
)
STATUS_SECONDS = 5.0


class Embedded(Engine, Protocol):
    """The engine in the process: one model, or the one that is active now."""

    def parse_many(self, text: str, now: datetime) -> list[Understanding]: ...


class RasaReader:
    """What Rasa has no notion of stays with the embedded engine: danger first, and where one
    question ends and the next begins."""

    def __init__(self, url: str, embedded: Embedded, client: httpx.Client | None = None) -> None:
        self._embedded = embedded
        # Silent, it would keep every message waiting.
        self._circuit = Circuit()
        self._rasa = RasaEngine(url, embedded, client=client, on_fallback=_count)

    async def read(self, text: str, now: datetime) -> Sequence[Understanding]:
        """The questions of a message, one to three; waits for Rasa two seconds at most for each."""
        return await asyncio.to_thread(self._read, text, now)

    def _read(self, text: str, now: datetime) -> Sequence[Understanding]:
        questions = self._embedded.parse_many(text, now)
        if any(found.intent == DANGER for found in questions):
            return questions
        return [self._ask(found, now) for found in questions]

    def _ask(self, found: Understanding, now: datetime) -> Understanding:
        if not self._circuit.lets_through():
            FALLBACKS.inc()
            return found
        read = self._rasa.parse(found.text, now=now)
        if read.model_id == self._embedded.model_id:
            self._circuit.failed()
        else:
            self._circuit.succeeded()
        return read


def _count(_reason: str) -> None:
    FALLBACKS.inc()


async def rasa_findings(settings: Settings) -> AsyncIterator[Finding]:
    """For the doctor: does the server answer?"""
    if settings.nlu_engine != "rasa" or settings.rasa_url is None:
        return
    try:
        async with httpx.AsyncClient(timeout=STATUS_SECONDS) as client:
            answer = await client.get(settings.rasa_url.rstrip("/") + "/status")
        answer.raise_for_status()
    except httpx.HTTPError as error:
        yield Finding(
            f"Rasa does not answer ({type(error).__name__}); the embedded engine reads instead",
            "start the server (docs/understanding.md) and check OKNO_RASA_URL",
        )
    else:
        yield Finding("Rasa answers")
