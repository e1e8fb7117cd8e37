"""What the flows about money are put together from: profile, gateway, papers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from billing.embedded import EmbeddedGateway
from billing.errors import GatewayDown, UnknownAccount
from billing.gateway import BillingGateway
from billing.http_gateway import HttpGateway
from billing.mirror import Mirror
from billing.readings.delivering import ReadingCourier
from dialogs.money_answers import Company, MoneyAnswers
from dialogs.notices import PaymentNotices
from handoff.customer.accounts import Accounts, ConfirmedAccount, confirmed, from_billing
from okno.profile import Profile
from okno.settings import Settings
from storage.database import Database

if TYPE_CHECKING:
    from okno.services import Services


def make_gateway(
    settings: Settings, profile: Profile, database: Database, zone: ZoneInfo
) -> BillingGateway:
    """The company's billing system where its address is set, else our own tables."""
    if settings.billing_url is None or settings.billing_secret is None:
        return EmbeddedGateway(database, zone, pay_day=profile.payments.pay_day)
    secret = settings.billing_secret.get_secret_value().encode()
    return HttpGateway(settings.billing_url, secret, database.clock)


async def close_gateway(gateway: BillingGateway) -> None:
    if isinstance(gateway, HttpGateway):
        await gateway.close()


def mirror(services: "Services") -> Mirror | None:
    """Keeps accounts of the company's system here too; our own tables need none."""
    if isinstance(services.gateway, EmbeddedGateway):
        return None
    return Mirror(services.database, services.gateway)


def account_refresh(services: "Services") -> Callable[[str], Awaitable[None]] | None:
    """Brings an account of the company's system up to date by its number; raises GatewayDown."""
    source = mirror(services)
    return source.refresh if source is not None else None


def reading_courier(services: "Services") -> ReadingCourier | None:
    """Hands readings over to the company's system; our own tables have them already."""
    if isinstance(services.gateway, EmbeddedGateway):
        return None
    return ReadingCourier(services.database, services.gateway, holder=services.holder)


def money_answers(services: "Services") -> MoneyAnswers:
    account = services.profile.requisites
    return MoneyAnswers(
        services.database,
        services.billing,
        services.gateway,
        services.media,
        Company(services.profile.company.name, account.requisites() if account else None),
        lambda: services.facts.money_rules,
        services.zone,
    )


def payment_notices(services: "Services") -> PaymentNotices:
    return PaymentNotices(services.outbox, services.personal_data(), services.zone)


def confirmed_accounts(services: "Services") -> Accounts:
    """Beside a conversation: the customer's accounts, with the debt as billing tells it now."""
    if isinstance(services.gateway, EmbeddedGateway):
        return from_billing(services.database, services.billing, services.zone)

    async def read(contact_id: int) -> Sequence[ConfirmedAccount]:
        today = services.database.clock.now().astimezone(services.zone).date()
        async with services.database.read() as session:
            panels = await services.billing.panels(session, contact_id, today)
        found = []
        for panel in panels:
            try:
                balance = await services.gateway.balance(panel.account.number, today)
            except (GatewayDown, UnknownAccount):
                shown = replace(
                    confirmed(panel), balance="Система расчётов не отвечает", owes=False
                )
            else:
                shown = confirmed(replace(panel, balance=balance))
            found.append(shown)
        return found

    return read
