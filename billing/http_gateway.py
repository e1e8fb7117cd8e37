"""The billing gateway over the company's own system: docs/billing-api.yaml.

Every request may be repeated: reads change nothing, readings carry our number. A passing fault
is tried again, faults in a row open the circuit, and ``GatewayDown`` says so to the caller.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import httpx
import stamina
import structlog
from pydantic import BaseModel, ValidationError

from billing import signing
from billing.circuit import Circuit
from billing.errors import GatewayDown, UnknownAccount
from billing.gateway import AccountCard, DeliveredReading, OutgoingReading
from billing.payments.balance import Balance
from billing.payments.bills import MonthBill, Paid
from billing.wire import (
    AccountJson,
    BalanceJson,
    BillsJson,
    ErrorJson,
    PaymentsJson,
    ResultsJson,
    readings_body,
)
from storage.clock import Clock

log = structlog.get_logger(__name__)

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 5.0
ATTEMPTS = 3
# After that nobody begins another attempt: a customer waits for the answer.
PATIENCE_SECONDS = 8.0
LARGEST_ANSWER = 10 * 2**20
_NO_DOCUMENT = "no_document"
J = TypeVar("J", bound=BaseModel)


class _Passing(Exception):
    """Not answered this time; the next may be."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes
    path: str


class HttpGateway:
    def __init__(
        self, url: str, secret: bytes, clock: Clock, *, circuit: Circuit | None = None
    ) -> None:
        """``url``: what stands before ``/balance``; ``secret``: the common one."""
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            # All are kept: a new connection for every other request costs as much as the answer.
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=20),
            headers={"user-agent": "okno"},
            trust_env=False,
        )
        self._secret = secret
        self._clock = clock
        self._circuit = circuit or Circuit()

    async def close(self) -> None:
        await self._client.aclose()

    async def account(self, number: str) -> AccountCard:
        answer = await self._get("/account", {"number": number})
        return self._read(AccountJson, answer).card()

    async def balance(self, number: str, on: date) -> Balance:
        answer = await self._get("/balance", {"number": number, "on": on.isoformat()})
        return self._read(BalanceJson, answer).balance()

    async def bills(self, number: str, since: date, until: date) -> Sequence[MonthBill]:
        query = {"number": number, "from": f"{since:%Y-%m}", "to": f"{until:%Y-%m}"}
        answer = self._read(BillsJson, await self._get("/bills", query))
        return sorted((one.bill() for one in answer.bills), key=lambda bill: bill.month)[::-1]

    async def payments(self, number: str, since: date) -> Sequence[Paid]:
        answer = await self._get("/payments", {"number": number, "since": since.isoformat()})
        found = [one.paid() for one in self._read(PaymentsJson, answer).payments]
        return sorted(found, key=lambda paid: paid.received_at, reverse=True)

    async def document(self, number: str, month: date) -> bytes | None:
        query = {"number": number, "month": f"{month:%Y-%m}"}
        answer = await self._send("GET", "/document", query)
        if answer.status == httpx.codes.NOT_FOUND:
            if self._read(ErrorJson, answer).error == _NO_DOCUMENT:
                return None
            raise UnknownAccount
        self._check(answer)
        if not answer.content.startswith(b"%PDF-"):
            raise GatewayDown("the document is no PDF")
        return answer.content

    async def deliver(self, readings: Sequence[OutgoingReading]) -> Sequence[DeliveredReading]:
        body = json.dumps(readings_body(readings), ensure_ascii=False).encode()
        answer = await self._send("POST", "/readings", {}, body)
        self._check(answer)
        return [one.delivered() for one in self._read(ResultsJson, answer).results]

    async def _get(self, path: str, query: Mapping[str, str]) -> _Answer:
        answer = await self._send("GET", path, query)
        if answer.status == httpx.codes.NOT_FOUND:
            raise UnknownAccount
        self._check(answer)
        return answer

    def _check(self, answer: _Answer) -> None:
        """What is not 200 by now is a misunderstanding that no repeat mends."""
        if answer.status != httpx.codes.OK:
            log.error("billing.refused", status=answer.status, path=answer.path)
            raise GatewayDown(f"HTTP {answer.status}")

    def _read(self, kind: type[J], answer: _Answer) -> J:
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            log.error("billing.unreadable", path=answer.path, place=place)
            raise GatewayDown(f"an unreadable answer: {place}: {first['msg']}") from error

    async def _send(
        self, method: str, path: str, query: Mapping[str, str], body: bytes = b""
    ) -> _Answer:
        if not self._circuit.lets_through():
            raise GatewayDown("it did not answer a moment ago")
        try:
            return await self._repeat(lambda: self._request(method, path, query, body))
        except _Passing as error:
            self._circuit.failed()
            log.warning("billing.no_answer", path=path, error=str(error))
            raise GatewayDown(str(error)) from error

    async def _repeat(self, request: Callable[[], Awaitable[_Answer]]) -> _Answer:
        async for attempt in stamina.retry_context(
            on=_Passing, attempts=ATTEMPTS, timeout=PATIENCE_SECONDS, wait_initial=0.2, wait_max=1.0
        ):
            with attempt:
                answer = await request()
        self._circuit.succeeded()
        return answer

    async def _request(
        self, method: str, path: str, query: Mapping[str, str], body: bytes
    ) -> _Answer:
        headers = {"content-type": "application/json"} if body else {}
        request = self._client.build_request(
            method, path, params=query or None, content=body or None, headers=headers
        )
        target = request.url.raw_path.decode()
        request.headers.update(
            signing.headers(self._secret, self._clock.now(), method, target, body)
        )
        try:
            answer = await self._client.send(request, stream=True)
            try:
                content = await _read_limited(answer)
            finally:
                await answer.aclose()
        except httpx.TransportError as error:
            raise _Passing(type(error).__name__) from error
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise _Passing(f"HTTP {answer.status_code}")
        return _Answer(answer.status_code, content, path)


async def _read_limited(answer: httpx.Response) -> bytes:
    pieces = bytearray()
    async for piece in answer.aiter_bytes():
        pieces += piece
        if len(pieces) > LARGEST_ANSWER:
            raise GatewayDown("an answer without end")
    return bytes(pieces)
