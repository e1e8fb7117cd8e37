"""Queries about money answered by the billing gateway; pictures and papers made and kept."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from billing.errors import NotLinked
from billing.gateway import BillingGateway
from billing.money import roubles
from billing.payments import paper as payment_paper
from billing.payments import penalty
from billing.payments import qr as payment_qr
from billing.payments.balance import Balance
from billing.payments.bills import Paid
from billing.payments.paper import Paper
from billing.payments.qr import Requisites
from billing.service import BillingService
from billing.views import LinkedAccount
from dialogs.flows.charges import line_text
from dialogs.flows.money_words import month_name
from dialogs.money import (
    Bills,
    MoneyQuery,
    MoneyRules,
    OwnPenalty,
    PaymentPaper,
    PaymentPicture,
    Payments,
)
from media.store import MediaStore
from replies import File, FileKind
from storage.database import Database

# Papers made at a time; the rest wait, so that messages go on.
AT_ONCE = 2
# No bill is older.
BEGINNING = date(2000, 1, 1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Company:
    """What stands on papers. ``requisites``: ``None`` where the profile has none."""

    name: str
    requisites: Requisites | None = None


class MoneyAnswers:
    """Only a linked account's money is told: ``NotLinked`` otherwise, ``GatewayDown`` when
    billing does not answer."""

    def __init__(
        self,
        database: Database,
        billing: BillingService,
        gateway: BillingGateway,
        media: MediaStore,
        company: Company,
        rules: Callable[[], MoneyRules],
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._billing = billing
        self._gateway = gateway
        self._media = media
        self._company = company
        self._rules = rules
        self._zone = zone
        self._places = asyncio.Semaphore(AT_ONCE)

    async def balance(self, contact_id: int, account_id: int, on: date) -> Balance:
        account = await self._account(contact_id, account_id)
        return await self._balance(account.number, on)

    async def answer(self, query: MoneyQuery, contact_id: int) -> Any:
        account = await self._account(contact_id, query.account_id)
        match query:
            case Bills(since=since, until=until):
                return await self._gateway.bills(account.number, since, until)
            case Payments(since=since):
                return await self._payments(account.number, since)
            case OwnPenalty(on=on):
                return penalty.reckon(
                    account.number,
                    await self._gateway.bills(account.number, BEGINNING, on.replace(day=1)),
                    await self._payments(account.number, BEGINNING),
                    on,
                    self._rules().rate,
                    pay_day=self._rules().pay_day,
                )
            case PaymentPicture(kopecks=kopecks, on=on):
                return await self._picture(account.number, kopecks, on)
            case PaymentPaper(on=on, month=month):
                return await self._paper(account, on, month)

    async def _account(self, contact_id: int, account_id: int) -> LinkedAccount:
        async with self._database.read(brief=True) as session:
            for account in await self._billing.accounts_of(session, contact_id):
                if account.account_id == account_id:
                    return account
        raise NotLinked(contact_id, account_id)

    async def _balance(self, number: str, on: date) -> Balance:
        balance = await self._gateway.balance(number, on)
        last = balance.last_payment
        if last is None:
            return balance
        return replace(
            balance, last_payment=replace(last, paid_at=last.paid_at.astimezone(self._zone))
        )

    async def _payments(self, number: str, since: date) -> list[Paid]:
        return [
            replace(
                paid,
                paid_at=paid.paid_at.astimezone(self._zone),
                received_at=paid.received_at.astimezone(self._zone),
            )
            for paid in await self._gateway.payments(number, since)
        ]

    async def picture(self, content: bytes, name: str, alt: str) -> File:
        """Keep a picture; ``alt`` says what is in it."""
        return File(FileKind.PICTURE, await self._media.put(content), name, alt)

    async def _picture(self, number: str, kopecks: int, on: date) -> File | None:
        if self._company.requisites is None:
            return None
        balance = await self._balance(number, on)
        text = self._code(number, kopecks, balance)
        content = await self._make(payment_qr.picture, text)
        alt = f"QR-код для оплаты {roubles(kopecks)}"
        return File(FileKind.PICTURE, await self._media.put(content), "oplata-qr.png", alt)

    def _code(self, number: str, kopecks: int, balance: Balance) -> str:
        assert self._company.requisites is not None  # noqa: S101 (asked by the callers)
        month = balance.bill.month if balance.bill else None
        purpose = f"Оплата электроэнергии, лицевой счёт {number}"
        return payment_qr.payload(self._company.requisites, number, kopecks, month, purpose)

    async def _paper(self, account: LinkedAccount, on: date, month: date | None) -> File | None:
        """Billing's own bill first: ours only tells today's debt."""
        balance = await self._balance(account.number, on)
        last = balance.bill.month if balance.bill else None
        wanted = month or last
        if wanted is None:
            return None
        own = await self._gateway.document(account.number, wanted)
        if own is not None:
            name = f"kvitanciya-{wanted:%Y-%m}.pdf"
            alt = f"Квитанция за {month_name(wanted)}"
            return File(FileKind.DOCUMENT, await self._media.put(own), name, alt)
        if wanted != last:
            return None
        content = await self._make(payment_paper.to_pdf, await self._content(account, balance))
        name = f"spravka-dlya-oplaty-{on:%Y-%m-%d}.pdf"
        return File(
            FileKind.DOCUMENT, await self._media.put(content), name, payment_paper.heading(on)
        )

    async def _content(self, account: LinkedAccount, balance: Balance) -> Paper:
        assert balance.bill is not None  # noqa: S101 (asked by the caller)
        month = balance.bill.month
        bills = await self._gateway.bills(account.number, month, month)
        lines = bills[0].lines if bills else ()
        zones = max((line.zone for line in lines), default=1)
        rows = [(line_text(line, zones).replace("\\", ""), roubles(line.kopecks)) for line in lines]
        if balance.earlier:
            rows.append(("Долг прошлых месяцев", roubles(balance.earlier)))
        requisites, code = self._company.requisites, None
        if requisites and balance.kopecks > 0:
            text = self._code(account.number, balance.kopecks, balance)
            code = await self._make(payment_qr.picture, text)
        debt = balance.kopecks > 0
        return Paper(
            company=self._company.name,
            number=account.number,
            holder=account.holder,
            address=account.address,
            on=balance.as_of,
            total=f"К оплате {roubles(max(0, balance.kopecks))}",
            rows=[(f"Начислено за {month_name(month)}", roubles(balance.bill.kopecks)), *rows],
            pay_by=balance.bill.pay_by if debt else None,
            requisites=_printed(requisites) if requisites else (),
            code=code,
            # The same data give the same file, and it is kept once.
            made_at=datetime.combine(balance.as_of, time(), UTC),
        )

    async def _make(self, work: Callable[[Any], T], given: Any) -> T:
        async with self._places:
            return await asyncio.to_thread(work, given)


def _printed(requisites: Requisites) -> list[tuple[str, str]]:
    return [
        ("Получатель", requisites.name),
        ("ИНН / КПП", f"{requisites.inn} / {requisites.kpp}"),
        ("Расчётный счёт", requisites.account),
        ("Банк", f"{requisites.bank}, БИК {requisites.bic}"),
        ("Корр. счёт", requisites.corr_account),
    ]
