"""The billing system's answers as JSON: docs/billing-api.yaml in Python.

Energy and registers are whole watt-hours (thousandths of a kWh), money whole kopecks, days and
months the company's local ones, moments have their zone.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from billing.gateway import (
    AccountCard,
    DeliveredReading,
    MeterCard,
    OutgoingReading,
    ReadingVerdict,
)
from billing.models import ChargeKind
from billing.payments.balance import Balance, Bill, ChargeSum, LastPayment
from billing.payments.bills import NO_FACTOR, BillLine, MonthBill, Paid

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Zone = Annotated[int, Field(ge=0, le=3)]


class _Wire(BaseModel):
    """What is not known is skipped: the other side may be newer."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class MeterJson(_Wire):
    number: str
    zones: Annotated[int, Field(ge=1, le=3)] = 1
    digits: Annotated[int, Field(ge=4, le=8)] = 5
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    ratio: Annotated[int, Field(ge=1)] = 1
    remote: bool = False
    verification_due: date | None = None
    removed_on: date | None = None
    values: Annotated[list[int], Field(max_length=3)] = []
    taken_on: date | None = None

    def card(self) -> MeterCard:
        return MeterCard(**{**self.model_dump(), "values": tuple(self.values)})


class AddressJson(_Wire):
    locality: str
    street: str
    house: str
    flat: str | None = None


class AccountJson(_Wire):
    number: str
    surname: str = ""
    name: str = ""
    patronymic: str | None = None
    organisation: str | None = None
    inn: str | None = None
    address: AddressJson
    phone: str | None = None
    closed_on: date | None = None
    meters: list[MeterJson] = []

    def card(self) -> AccountCard:
        return AccountCard(
            number=self.number,
            surname=self.surname,
            name=self.name,
            patronymic=self.patronymic,
            organisation=self.organisation,
            inn=self.inn,
            locality=self.address.locality,
            street=self.address.street,
            house=self.address.house,
            flat=self.address.flat,
            phone=self.phone,
            closed_on=self.closed_on,
            meters=tuple(meter.card() for meter in self.meters),
        )


class SumJson(_Wire):
    kind: ChargeKind
    kopecks: int
    wh: int | None = None


class LastBillJson(_Wire):
    month: Month
    pay_by: date
    kopecks: int
    lines: list[SumJson] = []


class LastPaymentJson(_Wire):
    kopecks: int
    paid_at: AwareDatetime
    channel: str = "bank"


class BalanceJson(_Wire):
    account: str
    as_of: date
    kopecks: int
    earlier: Annotated[int, Field(ge=0)] = 0
    current: Annotated[int, Field(ge=0)] = 0
    bill: LastBillJson | None = None
    last_payment: LastPaymentJson | None = None

    def balance(self) -> Balance:
        paid = self.last_payment
        return Balance(
            number=self.account,
            as_of=self.as_of,
            kopecks=self.kopecks,
            earlier=self.earlier,
            current=self.current,
            bill=_bill(self.bill) if self.bill else None,
            last_payment=LastPayment(paid.kopecks, paid.paid_at, paid.channel) if paid else None,
        )


def _bill(bill: LastBillJson) -> Bill:
    month = first_day(bill.month)
    lines = tuple(ChargeSum(month, line.kind, line.kopecks, line.wh) for line in bill.lines)
    return Bill(month=month, kopecks=bill.kopecks, pay_by=bill.pay_by, lines=lines)


class LineJson(_Wire):
    kind: ChargeKind
    kopecks: int
    zone: Zone = 0
    wh: int | None = None
    tariff: int | None = None
    tier: Annotated[int, Field(ge=0, le=9)] = 0
    factor: Annotated[int, Field(gt=0)] = NO_FACTOR
    since: date | None = None
    until: date | None = None
    note: str | None = None


class MonthJson(_Wire):
    month: Month
    lines: list[LineJson]

    def bill(self) -> MonthBill:
        return MonthBill(
            first_day(self.month),
            tuple(
                BillLine(**{k: v for k, v in line.model_dump().items() if k != "wh"}, kwh=line.wh)
                for line in self.lines
            ),
        )


class BillsJson(_Wire):
    bills: list[MonthJson]


class PaidJson(_Wire):
    id: str
    kopecks: Annotated[int, Field(gt=0)]
    paid_at: AwareDatetime
    received_at: AwareDatetime
    channel: str = "bank"

    def paid(self) -> Paid:
        return Paid(self.kopecks, self.paid_at, self.received_at, self.channel, self.id)


class PaymentsJson(_Wire):
    payments: list[PaidJson]


class ResultJson(_Wire):
    number: str
    verdict: ReadingVerdict
    reason: str = ""

    def delivered(self) -> DeliveredReading:
        return DeliveredReading(self.number, self.verdict, self.reason)


class ResultsJson(_Wire):
    results: list[ResultJson]


class ErrorJson(_Wire):
    error: str = ""


def readings_body(readings: Sequence[OutgoingReading]) -> dict[str, Any]:
    return {
        "readings": [
            {
                "number": one.number,
                "account": one.account,
                "meter": one.meter,
                "values": list(one.values),
                "taken_on": one.taken_on.isoformat(),
                "period": f"{one.period:%Y-%m}",
                "received_at": one.received_at.isoformat(),
                "channel": one.channel,
            }
            for one in readings
        ]
    }


def first_day(month: str) -> date:
    year, number = month.split("-")
    return date(int(year), int(number), 1)
