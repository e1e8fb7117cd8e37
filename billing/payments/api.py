"""``POST /api/billing/payments``: the billing system tells of payments that came [24].

Signed as ``billing/signing.py`` says. The contract with examples: docs/billing-api.yaml.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse

from billing import signing
from billing.payments.incoming import GivenPayment, Tell, take
from storage.database import Database

log = structlog.get_logger(__name__)

MAX_BODY = 1_000_000
MOST = 500
_HIGHEST = 10**12  # kopecks
# What every database can hold: no control signs, no moment that another zone has not.
_WORD = r"^[^\x00-\x1f]*$"
_Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1990, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
]


class PaymentIn(BaseModel):
    model_config = ConfigDict(extra="ignore", str_max_length=200)

    id: Annotated[str, Field(min_length=1, max_length=100, pattern=_WORD)]
    account: Annotated[str, Field(min_length=1, max_length=40, pattern=_WORD)]
    kopecks: Annotated[int, Field(gt=0, lt=_HIGHEST, strict=True)]
    paid_at: _Moment
    received_at: _Moment | None = None
    channel: Annotated[str, Field(max_length=40, pattern=_WORD)] = "bank"

    def given(self, now: datetime) -> GivenPayment:
        # A clock that is ahead would make money that came a thing of tomorrow.
        received_at = min(self.received_at or now, now)
        return GivenPayment(
            self.id, self.account, self.kopecks, min(self.paid_at, now), received_at, self.channel
        )


class PaymentsIn(BaseModel):
    payments: Annotated[list[PaymentIn], Field(min_length=1, max_length=MOST)]


def router(database: Database, tell: Tell, secret: bytes) -> APIRouter:
    routes = APIRouter(prefix="/api/billing", include_in_schema=False)

    @routes.post("/payments")
    async def payments(request: Request) -> Response:
        """200 after everything is stored; any other answer: send the same again."""
        body = await _body(request)
        if body is None:
            return _refusal(413, "too_large", f"at most {MAX_BODY} bytes")
        if not signing.is_signed(
            secret,
            database.clock.now(),
            request.method,
            _target(request),
            body,
            timestamp=request.headers.get(signing.TIMESTAMP, ""),
            signature=request.headers.get(signing.SIGNATURE, ""),
        ):
            log.warning("billing.unsigned_request")
            return _refusal(401, "bad_signature", "wrong secret, or a clock off by 5 minutes")
        try:
            given = PaymentsIn.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            return _refusal(422, "wrong_data", f"{place}: {first['msg']}")
        unique = {paid.id: paid for paid in given.payments}
        async with database.write() as tx:
            taken = await take(tx, [paid.given(tx.now) for paid in unique.values()], tell)
        return JSONResponse(
            {
                "accepted": list(taken.new),
                "repeated": list(taken.repeated),
                "rejected": [{"id": one, "reason": "unknown_account"} for one in taken.unknown],
            }
        )

    return routes


async def _body(request: Request) -> bytes | None:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_BODY:
            return None
    return bytes(raw)


def _target(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _refusal(status: int, code: str, message: str) -> Response:
    content: dict[str, Any] = {"error": code, "message": message}
    return JSONResponse(content, status)
