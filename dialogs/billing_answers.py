"""Flows' queries answered from billing, outside any long transaction."""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from billing.customers import claiming
from billing.customers.consents import Standing
from billing.customers.own_accounts import Change
from billing.errors import GatewayDown
from billing.mirror import Mirror
from billing.models import ConsentKind
from billing.numbers import format_kwh
from billing.readings.chart import consumption_png
from billing.readings.history import by_month
from billing.readings.rules import Question, Reason, Refused
from billing.service import BillingService
from billing.views import (
    GivenReading,
    LinkOutcome,
    Undone,
    Unverified,
    UnverifiedOutcome,
    UnverifiedReading,
)
from dialogs.flow import (
    AccountFacts,
    Balance,
    ChangeAccount,
    ClaimOrganisation,
    ConsentAsked,
    GiveConsent,
    GiveReading,
    GiveUnverified,
    HistoryChart,
    Identify,
    IdentifyByAddress,
    IdentifyByPhone,
    LinkedAccounts,
    Query,
    UndoReading,
    WithdrawConsent,
)
from dialogs.flows.history import MOST_MONTHS
from dialogs.money import MoneyQuery
from dialogs.money_answers import MoneyAnswers
from dialogs.turn import Context
from replies import File
from storage.database import Database


class Answers(Protocol):
    """Who answers the flows' queries: billing, or nobody where an editor only tries a message."""

    async def answer(self, query: Query | MoneyQuery, context: Context) -> Any:
        """The query's answer, as the query's docstring says. ``context``: who asks, where, and
        with which message."""
        ...


class NoAccounts:
    """For trying messages out: a customer without accounts, of whom nothing is recorded."""

    async def answer(self, query: Query | MoneyQuery, context: Context) -> Any:
        match query:
            case LinkedAccounts():
                return ()
            case GiveReading():
                return Refused(Reason.ACCOUNT_CLOSED)
            case GiveUnverified():
                return Unverified(UnverifiedOutcome.DOES_NOT_FIT)
            case UndoReading():
                return Undone()
            case ConsentAsked():
                return Standing(ConsentKind.NOTICE, "", given=True)
            case WithdrawConsent() | ChangeAccount() | ClaimOrganisation():
                return 0
            case HistoryChart():
                return []
            case _:
                return LinkOutcome()


class BillingAnswers:
    """``mirror``: where accounts come from the company's billing system."""

    def __init__(
        self,
        database: Database,
        billing: BillingService,
        money: MoneyAnswers,
        mirror: Mirror | None = None,
    ) -> None:
        self._database = database
        self._billing = billing
        self._money = money
        self._mirror = mirror

    async def answer(self, query: Query | MoneyQuery, context: Context) -> Any:
        contact_id = context.contact_id
        if self._mirror is not None:
            await _refresh(self._mirror, query)
        match query:
            case Identify() | IdentifyByPhone() | IdentifyByAddress():
                return await self._identify(query, context)
            case ClaimOrganisation(number=number, inn=inn):
                async with self._database.write() as tx:
                    if query.noticed:
                        await self._billing.record_consent(tx, contact_id, context.message_id)
                    return await claiming.record(
                        tx, contact_id, context.conversation_id, number, inn
                    )
            case HistoryChart(account_id=account_id):
                return await self._charts(contact_id, account_id)
            case ConsentAsked(purpose=purpose):
                async with self._database.read(brief=True) as session:
                    return await self._billing.consent_standing(session, contact_id, purpose)
            case GiveConsent(purpose=purpose):
                async with self._database.write() as tx:
                    return await self._billing.record_consent(
                        tx, contact_id, context.message_id, purpose
                    )
            case WithdrawConsent(mailings_only=mailings_only):
                async with self._database.write() as tx:
                    return await self._billing.withdraw_consent(
                        tx, contact_id, mailings_only=mailings_only
                    )
            case ChangeAccount(account_id=account_id, what=what, name=name):
                async with self._database.write() as tx:
                    return await self._billing.change_account(
                        tx, contact_id, account_id, Change(what), name
                    )
            case LinkedAccounts():
                async with self._database.read(brief=True) as session:
                    return await self._billing.accounts_of(session, contact_id)
            case AccountFacts(account_id=account_id):
                async with self._database.read(brief=True) as session:
                    return await self._billing.overview(session, contact_id, account_id)
            case Balance(account_id=account_id, on=on):
                return await self._money.balance(contact_id, account_id, on)
            case GiveReading():
                async with self._database.write(brief=True) as tx:
                    return await self._billing.take_reading(tx, _given(query, context))
            case UndoReading(reading_id=reading_id):
                async with self._database.write() as tx:
                    return await self._billing.undo_reading(
                        tx, contact_id, context.message_id, reading_id
                    )
            case GiveUnverified():
                async with self._database.write() as tx:
                    return await self._billing.take_unverified_reading(
                        tx, _unverified(query, context)
                    )
            case _:
                return await self._money.answer(query, contact_id)

    async def _charts(self, contact_id: int, account_id: int) -> list[File]:
        """One month is no picture; a removed meter is nobody's question."""
        async with self._database.read() as session:
            facts = await self._billing.overview(session, contact_id, account_id)
        files = []
        for meter in facts.meters:
            months = by_month(meter.history, meter.facts)[-MOST_MONTHS:]
            if len(months) > 1 and meter.facts.removed_on is None:
                title = f"Расход, кВт·ч, счётчик № {meter.number}"
                content = await asyncio.to_thread(consumption_png, title, months)
                used = "; ".join(f"{m.period:%m.%Y}: {format_kwh(m.total)}" for m in months)
                alt = f"Расход по месяцам: {used}"
                files.append(await self._money.picture(content, "raskhod.png", alt))
        return files

    async def _identify(
        self, query: Identify | IdentifyByPhone | IdentifyByAddress, context: Context
    ) -> LinkOutcome:
        contact_id = context.contact_id
        # By an address many accounts are looked through.
        brief = not isinstance(query, IdentifyByAddress)
        async with self._database.write(brief=brief) as tx:
            match query:
                case Identify(number=number, name=name):
                    found = await self._billing.identify(tx, contact_id, number, name)
                case IdentifyByPhone(number=number, phone=phone):
                    found = await self._billing.identify_by_phone(tx, contact_id, number, phone)
                case IdentifyByAddress(address=address, name=name):
                    found = await self._billing.identify_by_address(tx, contact_id, address, name)
            if found.account is not None and query.noticed:
                await self._billing.record_consent(tx, contact_id, context.message_id)
        return found


async def _refresh(mirror: Mirror, query: Query | MoneyQuery) -> None:
    """Where billing is away, who is the holder can't be said of an account that is not here yet;
    readings are taken all the same."""
    match query:
        case Identify(number=number) | IdentifyByPhone(number=number):
            await mirror.refresh(number)
        case AccountFacts(account_id=account_id):
            await mirror.refresh_id(account_id)
        case GiveUnverified(number=number):
            with suppress(GatewayDown):
                await mirror.refresh(number)


def _given(query: GiveReading, context: Context) -> GivenReading:
    return GivenReading(
        contact_id=context.contact_id,
        account_id=query.account_id,
        meter_id=query.meter_id,
        values=query.values,
        taken_on=query.on,
        channel=context.channel,
        source_message_id=context.message_id,
        conversation_id=context.conversation_id,
        confirmed=[Question(question) for question in query.confirmed],
    )


def _unverified(query: GiveUnverified, context: Context) -> UnverifiedReading:
    return UnverifiedReading(
        contact_id=context.contact_id,
        number=query.number,
        values=query.values,
        taken_on=query.on,
        channel=context.channel,
        source_message_id=context.message_id,
        conversation_id=context.conversation_id,
    )
