"""What other rooms ask of billing. A customer's account is reached only through his link."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from billing import queries
from billing.customers import consents, linking, own_accounts
from billing.customers.consents import ConsentText, Standing
from billing.customers.identity import normalise_number
from billing.customers.own_accounts import Change
from billing.errors import NotLinked
from billing.models import Category, ConsentKind, Proof, Purpose
from billing.payments.balance import PAY_DAY, Balance
from billing.prices import Prices
from billing.readings import taking, undoing
from billing.readings.rules import AcceptanceRules, NeedsConfirmation, Refused
from billing.views import (
    AccountFacts,
    AccountOverview,
    AccountPanel,
    GivenReading,
    LinkedAccount,
    LinkOutcome,
    ProofSet,
    TakenReading,
    Undone,
    Unverified,
    UnverifiedReading,
)
from storage.database import Transaction


class BillingService:
    """The embedded base. ``rules`` (what ``take_reading`` accepts), ``pay_day`` (until which
    day of the next month a bill is paid), ``prices``, ``consent``, ``mailings`` (the text of that
    consent; None: there are none) and ``proofs`` are the company's. ``rules`` and ``prices`` may
    be replaced at any time.
    """

    def __init__(
        self,
        rules: AcceptanceRules | None = None,
        *,
        pay_day: int = PAY_DAY,
        prices: Prices | None = None,
        consent: ConsentText | None = None,
        mailings: ConsentText | None = None,
        proofs: Collection[ProofSet] = tuple(ProofSet),
    ) -> None:
        self.rules = rules or AcceptanceRules()
        self._pay_day = pay_day
        self.prices = prices or Prices()
        self._proofs = frozenset(proofs)
        service = consent or ConsentText(ConsentKind.NOTICE, "", "")
        self._consents = {Purpose.SERVICE: service}
        if mailings is not None:
            self._consents[Purpose.MAILINGS] = mailings

    async def find_account(self, session: AsyncSession, number: str) -> AccountFacts | None:
        """Any account by any spelling of its number: for the company's own people, never a chat."""
        normal = normalise_number(number)
        account = await queries.account_by_number(session, normal) if normal else None
        return queries.account_facts(account) if account else None

    async def identify(
        self, tx: Transaction, contact_id: int, number: str, name: str
    ) -> LinkOutcome:
        """Link the contact to the account when ``name`` is its holder's.

        A failure is counted in ``tx``, so commit it too. After 5 in 30 minutes, by this contact
        or at this number, the answer is ``TOO_MANY`` whatever is given.
        """
        if ProofSet.NUMBER_AND_NAME not in self._proofs:
            return await linking.not_accepted(tx, contact_id, number)
        return await linking.identify(tx, contact_id, number, name)

    async def identify_by_phone(
        self, tx: Transaction, contact_id: int, number: str, phone: str
    ) -> LinkOutcome:
        """As ``identify``, by a phone that the messenger has proved to be the sender's own."""
        if ProofSet.NUMBER_AND_PHONE not in self._proofs:
            return await linking.not_accepted(tx, contact_id, number)
        return await linking.identify_by_phone(tx, contact_id, number, phone)

    async def identify_by_address(
        self, tx: Transaction, contact_id: int, address: str, name: str
    ) -> LinkOutcome:
        """As ``identify``, by the address and the holder's full name."""
        if ProofSet.ADDRESS_AND_NAME not in self._proofs:
            return await linking.not_accepted(tx, contact_id, "")
        return await linking.identify_by_address(tx, contact_id, address, name)

    async def change_account(
        self, tx: Transaction, contact_id: int, account_id: int, what: Change, name: str = ""
    ) -> bool:
        """Name, make the default or detach an attached account; whether it could be done."""
        return await own_accounts.change(tx, contact_id, account_id, what, name)

    @property
    def has_mailings(self) -> bool:
        """Whether customers are asked for their consent to mailings."""
        return Purpose.MAILINGS in self._consents

    async def consent_standing(
        self, session: AsyncSession, contact_id: int, purpose: Purpose = Purpose.SERVICE
    ) -> Standing:
        asked = self._consents[purpose]
        return await consents.standing(session, contact_id, asked, self._proofs, purpose)

    async def record_consent(
        self,
        tx: Transaction,
        contact_id: int,
        message_id: int,
        purpose: Purpose = Purpose.SERVICE,
    ) -> None:
        """The customer was told the text, or has agreed to it, with this message."""
        await consents.record(tx, contact_id, self._consents[purpose], message_id, purpose)

    async def withdraw_consent(
        self, tx: Transaction, contact_id: int, *, mailings_only: bool = False
    ) -> int:
        """How many accounts are no longer attached: none where only mailings are refused."""
        if mailings_only:
            await consents.withdraw_mailings(tx, contact_id)
            return 0
        return await consents.withdraw(tx, contact_id)

    async def accounts_of(
        self, session: AsyncSession, contact_id: int
    ) -> tuple[LinkedAccount, ...]:
        """The contact's accounts, the default first."""
        return tuple(
            queries.linked_account(link, account)
            for link, account in await queries.links_of(session, contact_id)
        )

    async def overview(
        self, session: AsyncSession, contact_id: int, account_id: int
    ) -> AccountOverview:
        """Raises ``NotLinked``."""
        account, facts = await self._linked(session, contact_id, account_id)
        household = account.category is Category.HOUSEHOLD
        return AccountOverview(
            account,
            await queries.meters_of(session, facts),
            self.prices if household else Prices(),
        )

    async def balance(
        self, session: AsyncSession, contact_id: int, account_id: int, on: date
    ) -> Balance:
        """``on`` is the company's local date. Raises ``NotLinked``."""
        account, _ = await self._linked(session, contact_id, account_id)
        return await queries.balance_of(
            session, account_id, account.number, on, pay_day=self._pay_day
        )

    async def take_reading(
        self, tx: Transaction, given: GivenReading
    ) -> TakenReading | NeedsConfirmation | Refused:
        """Judge and store. The same message gives the same reading, ``repeated``, never a second.

        Raises ``NotLinked``.
        """
        return await taking.take(tx, given, self.rules)

    async def undo_reading(
        self, tx: Transaction, contact_id: int, message_id: int, reading_id: int | None = None
    ) -> Undone:
        """Take back the contact's reading, or the last one he gave, within ``UNDO_WINDOW``.

        The same message takes back the same one, never another.
        """
        return await undoing.undo(tx, contact_id, message_id, reading_id)

    async def take_unverified_reading(
        self, tx: Transaction, given: UnverifiedReading
    ) -> Unverified:
        """Store for review what was given by account number alone, 3 tries a day."""
        return await taking.take_unverified(tx, given, self.rules)

    async def panels(
        self, session: AsyncSession, contact_id: int, on: date
    ) -> tuple[AccountPanel, ...]:
        """For an operator: the contact's accounts, unmasked."""
        panels = []
        for link, account in await queries.links_of(session, contact_id):
            facts = queries.account_facts(account)
            panels.append(
                AccountPanel(
                    account=facts,
                    nickname=link.nickname,
                    balance=await queries.balance_of(
                        session, facts.id, facts.number, on, pay_day=self._pay_day
                    ),
                    meters=await queries.meters_of(session, facts),
                    proof=Proof(link.proof),
                    linked_at=link.linked_at,
                    shown=tuple(str(one) for one in link.shown),
                )
            )
        return tuple(panels)

    async def _linked(
        self, session: AsyncSession, contact_id: int, account_id: int
    ) -> tuple[LinkedAccount, AccountFacts]:
        found = await queries.link(session, contact_id, account_id)
        if found is None:
            raise NotLinked(contact_id, account_id)
        link, account = found
        return queries.linked_account(link, account), queries.account_facts(account)
