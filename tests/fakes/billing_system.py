"""A company's billing system over HTTP: a small server that answers as docs/billing-api.yaml says.

It answers from a base of its own (any gateway), refuses what is not signed, gives the same answer
to a reading that it has, fails as it is told, and records what was asked.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from billing import signing
from billing.errors import UnknownAccount
from billing.gateway import AccountCard, BillingGateway
from storage.clock import Clock
from tests.fakes.waiting import until

SECRET = b"common secret of the tests, 40 letters.."


@dataclass(slots=True)
class Fault:
    """``after``: the work was done, and only the answer goes wrong."""

    times: int
    status: int = 500
    body: str = "oops"
    after: bool = False


@dataclass(slots=True)
class BillingSystem:
    base: BillingGateway
    clock: Clock
    secret: bytes = SECRET
    url: str = ""
    asked: list[str] = field(default_factory=list)
    documents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    readings: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unsigned: int = 0
    _faults: list[Fault] = field(default_factory=list)

    def fail(self, times: int, **how: Any) -> None:
        self._faults.append(Fault(times, **how))

    def recover(self) -> None:
        self._faults.clear()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["BillingSystem"]:
        app = Starlette(
            routes=[
                Route("/v1/account", self._told(self._account)),
                Route("/v1/balance", self._told(self._balance)),
                Route("/v1/bills", self._told(self._bills)),
                Route("/v1/payments", self._told(self._payments)),
                Route("/v1/document", self._told(self._document)),
                Route("/v1/readings", self._told(self._readings), methods=["POST"]),
            ]
        )
        server = _Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
        task = asyncio.create_task(server.serve())
        await until(lambda: server.started, "the billing system's server started")
        port = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        yield self
        server.should_exit = True
        await task

    def _told(
        self, work: Callable[[Request, Mapping[str, str]], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            body = await request.body()
            target = request.scope["raw_path"].decode()
            if request.scope["query_string"]:
                target += "?" + request.scope["query_string"].decode()
            self.asked.append(f"{request.method} {target}")
            if not signing.is_signed(
                self.secret, self.clock.now(), request.method, target, body,
                timestamp=request.headers.get(signing.TIMESTAMP, ""),
                signature=request.headers.get(signing.SIGNATURE, ""),
            ):  # fmt: skip
                self.unsigned += 1
                return JSONResponse({"error": "bad_signature"}, 401)
            fault = self._fault()
            if fault is not None and not fault.after:
                return Response(fault.body, fault.status)
            try:
                response = await work(request, dict(request.query_params))
            except UnknownAccount:
                response = JSONResponse({"error": "unknown_account"}, 404)
            return response if fault is None else Response(fault.body, fault.status)

        return answer

    def _fault(self) -> Fault | None:
        while self._faults and self._faults[0].times <= 0:
            self._faults.pop(0)
        if not self._faults:
            return None
        self._faults[0].times -= 1
        return self._faults[0]

    async def _account(self, _: Request, query: Mapping[str, str]) -> Response:
        return JSONResponse(account_json(await self.base.account(query["number"])))

    async def _balance(self, _: Request, query: Mapping[str, str]) -> Response:
        balance = await self.base.balance(query["number"], date.fromisoformat(query["on"]))
        bill, paid = balance.bill, balance.last_payment
        return JSONResponse(
            {
                "account": balance.number, "as_of": balance.as_of.isoformat(),
                "kopecks": balance.kopecks, "earlier": balance.earlier, "current": balance.current,
                "bill": bill and {
                    "month": f"{bill.month:%Y-%m}", "pay_by": bill.pay_by.isoformat(),
                    "kopecks": bill.kopecks,
                    "lines": [
                        {"kind": line.kind, "kopecks": line.kopecks, "wh": line.kwh}
                        for line in bill.lines
                    ],
                },
                "last_payment": paid and {
                    "kopecks": paid.kopecks, "paid_at": paid.paid_at.isoformat(),
                    "channel": paid.channel,
                },
            }
        )  # fmt: skip

    async def _bills(self, _: Request, query: Mapping[str, str]) -> Response:
        since, until = (date.fromisoformat(f"{query[name]}-01") for name in ("from", "to"))
        bills = await self.base.bills(query["number"], since, until)
        return JSONResponse(
            {
                "bills": [
                    {
                        "month": f"{bill.month:%Y-%m}",
                        "lines": [
                            {
                                "kind": line.kind, "kopecks": line.kopecks, "zone": line.zone,
                                "wh": line.kwh, "tariff": line.tariff, "tier": line.tier,
                                "factor": line.factor,
                                "since": line.since and line.since.isoformat(),
                                "until": line.until and line.until.isoformat(),
                                "note": line.note,
                            }
                            for line in bill.lines
                        ],
                    }
                    for bill in bills
                ]
            }
        )  # fmt: skip

    async def _payments(self, _: Request, query: Mapping[str, str]) -> Response:
        payments = await self.base.payments(query["number"], date.fromisoformat(query["since"]))
        return JSONResponse(
            {
                "payments": [
                    {
                        "id": paid.external_id, "kopecks": paid.kopecks,
                        "paid_at": paid.paid_at.isoformat(),
                        "received_at": paid.received_at.isoformat(), "channel": paid.channel,
                    }
                    for paid in payments
                ]
            }
        )  # fmt: skip

    async def _document(self, _: Request, query: Mapping[str, str]) -> Response:
        await self.base.account(query["number"])
        content = self.documents.get((query["number"], query["month"]))
        if content is None:
            return JSONResponse({"error": "no_document"}, 404)
        return Response(content, media_type="application/pdf")

    async def _readings(self, request: Request, _: Mapping[str, str]) -> Response:
        results = []
        for reading in json.loads(await request.body())["readings"]:
            number = reading["number"]
            reason = self.refused.get(reading["account"], "")
            if not reason:
                self.readings.setdefault(number, reading)
            verdict = "refused" if reason else "accepted"
            results.append({"number": number, "verdict": verdict, "reason": reason})
        return JSONResponse({"results": results})


def account_json(card: AccountCard) -> dict[str, Any]:
    return {
        "number": card.number, "surname": card.surname, "name": card.name,
        "patronymic": card.patronymic, "organisation": card.organisation,
        "inn": card.inn,
        "address": {
            "locality": card.locality, "street": card.street, "house": card.house,
            "flat": card.flat,
        },
        "phone": card.phone, "closed_on": card.closed_on and card.closed_on.isoformat(),
        "meters": [
            {
                "number": meter.number, "zones": meter.zones, "digits": meter.digits,
                "decimals": meter.decimals, "ratio": meter.ratio, "remote": meter.remote,
                "verification_due": meter.verification_due and meter.verification_due.isoformat(),
                "removed_on": meter.removed_on and meter.removed_on.isoformat(),
                "values": list(meter.values),
                "taken_on": meter.taken_on and meter.taken_on.isoformat(),
            }
            for meter in card.meters
        ],
    }  # fmt: skip


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
