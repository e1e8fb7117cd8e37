"""Flows' queries answered from billing, outside any long transaction."""

from typing import Any, Protocol

from billing.service import BillingService
from billing.views import LinkOutcome
from dialogs.flow import AccountFacts, Balance, Identify, LinkedAccounts, Query
from storage.database import Database


class Answers(Protocol):
    """Who answers the flows' queries: billing, or nobody where an editor only tries a message."""

    async def answer(self, query: Query, *, contact_id: int) -> Any:
        """The query's answer, as the query's docstring says."""
        ...


class NoAccounts:
    """For trying messages out: a customer without accounts, of whom nothing is recorded."""

    async def answer(self, query: Query, *, contact_id: int) -> Any:
        return () if isinstance(query, LinkedAccounts) else LinkOutcome()


class BillingAnswers:
    def __init__(self, database: Database, billing: BillingService) -> None:
        self._database = database
        self._billing = billing

    async def answer(self, query: Query, *, contact_id: int) -> Any:
        match query:
            case Identify(number=number, name=name):
                async with self._database.write() as tx:
                    return await self._billing.identify(tx, contact_id, number, name)
            case LinkedAccounts():
                async with self._database.read() as session:
                    return await self._billing.accounts_of(session, contact_id)
            case AccountFacts(account_id=account_id):
                async with self._database.read() as session:
                    return await self._billing.overview(session, contact_id, account_id)
            case Balance(account_id=account_id, on=on):
                async with self._database.read() as session:
                    return await self._billing.balance(session, contact_id, account_id, on)
