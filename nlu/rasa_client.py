"""A Rasa 3.6 server as the engine: ``POST /model/parse``.

https://rasa.com/docs/rasa/pages/http-api describes the call. Questions of the knowledge base come
as the retrieval intent ``faq`` with the topic in ``response_selector.faq``.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import httpx

from nlu.entities import extract
from nlu.errors import RasaError
from nlu.normalise import MAX_CHARS, normalise
from nlu.taxonomy import ENTITIES, FAQ_PREFIX
from nlu.types import Engine, Entity, Ranked, Understanding

# A customer waits for the answer, so the embedded engine takes over soon.
CONNECT_SECONDS: Final = 0.5
READ_SECONDS: Final = 2.0

_RETRIEVAL: Final = FAQ_PREFIX.rstrip("/")

log = logging.getLogger(__name__)


class RasaEngine:
    """Implements `nlu.types.Engine`; any failure of the server is answered by ``fallback``.

    ``on_fallback`` is called with the reason each time (a metric). Blocking: call it off the event
    loop.
    """

    def __init__(
        self,
        url: str,
        fallback: Engine,
        *,
        client: httpx.Client | None = None,
        on_fallback: Callable[[str], None] | None = None,
    ) -> None:
        self.model_id = "rasa"
        self._fallback = fallback
        self._on_fallback = on_fallback
        self._address = url.rstrip("/") + "/model/parse"
        self._client = client or httpx.Client(
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        )

    def parse(self, text: str, *, now: datetime) -> Understanding:
        try:
            return self._ask(text, now)
        except RasaError as error:
            # The message's text stays out of the log: it is personal data.
            log.warning("nlu.rasa_fallback", extra={"reason": str(error)})
            if self._on_fallback is not None:
                self._on_fallback(str(error))
            return self._fallback.parse(text, now=now)

    def close(self) -> None:
        self._client.close()

    def _ask(self, text: str, now: datetime) -> Understanding:
        try:
            answer = self._client.post(self._address, json={"text": storable(text)})
            answer.raise_for_status()
            body = answer.json()
        except httpx.HTTPStatusError as error:
            raise RasaError(f"status {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise RasaError(type(error).__name__) from error
        except ValueError as error:
            raise RasaError("not JSON") from error
        try:
            return read_answer(text, body, now=now)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RasaError("unexpected answer") from error


def storable(text: str) -> str:
    """The text as it can travel: cut, without lone surrogates."""
    return text[:MAX_CHARS].encode("utf-8", "replace").decode("utf-8")


def read_answer(text: str, body: dict[str, Any], *, now: datetime) -> Understanding:
    """A Rasa answer as `Understanding`. Raises what a malformed answer causes.

    Rasa's values are the words as written, so each is replaced by the value that our own rules
    give the same words, where they agree on the kind.
    """
    ranking = _ranking(body)
    best = ranking[0]
    own = extract(normalise(text), now=now, intent=best.intent)
    entities = tuple(
        _entity(raw, own, text) for raw in body.get("entities", ()) if raw["entity"] in ENTITIES
    )
    model_id = str(body.get("model_id") or "rasa")
    return Understanding(text, best.intent, best.confidence, ranking, entities, model_id)


def _ranking(body: dict[str, Any]) -> tuple[Ranked, ...]:
    topics = body.get("response_selector", {}).get(_RETRIEVAL, {}).get("ranking", [])
    found: list[Ranked] = []
    listed = body.get("intent_ranking") or [body["intent"]]
    for entry in listed:
        name, confidence = str(entry["name"]), float(entry["confidence"])
        if name != _RETRIEVAL:
            found.append(Ranked(name, confidence))
            continue
        for topic in topics:
            share = confidence * float(topic["confidence"])
            found.append(Ranked(str(topic["intent_response_key"]), share))
    if not found:
        raise ValueError("no intent")
    # Rasa decides first that it is a question of the base, then which: one leads the other's list.
    if topics and body["intent"]["name"] == _RETRIEVAL:
        lead = str(topics[0]["intent_response_key"])
        found.sort(key=lambda ranked: (ranked.intent != lead, -ranked.confidence))
    else:
        found.sort(key=lambda ranked: -ranked.confidence)
    return tuple(found)


def _entity(raw: dict[str, Any], own: tuple[Entity, ...], text: str) -> Entity:
    start, end = int(raw["start"]), int(raw["end"])
    if not 0 <= start < end <= len(text):
        raise ValueError("entity outside the text")
    role = raw.get("role")
    value = next(
        (
            one.value
            for one in own
            if one.entity == raw["entity"] and one.start < end and start < one.end
        ),
        str(raw["value"]),
    )
    return Entity(
        str(raw["entity"]),
        value,
        start,
        end,
        None if role in (None, "single") else str(role),
        float(raw.get("confidence_entity", 1.0)),
    )
