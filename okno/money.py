"""What the flows about money are put together from: profile, gateway, papers."""

from typing import TYPE_CHECKING

from billing.embedded import EmbeddedGateway
from billing.gateway import BillingGateway
from billing.penalty import effective_rate
from dialogs.money import MoneyRules
from dialogs.money_answers import Company, MoneyAnswers
from dialogs.notices import PaymentNotices
from okno.profile import Profile

if TYPE_CHECKING:
    from okno.services import Services


def money_rules(profile: Profile) -> MoneyRules:
    payments = profile.payments
    return MoneyRules(
        credit_days=payments.credit_days,
        largest=payments.largest * 100,
        without_fee=payments.without_fee,
        link=payments.link,
        rate=effective_rate(profile.penalty["key_rate"], profile.penalty.get("cap")),
        pay_day=payments.pay_day,
    )


def gateway(services: "Services") -> BillingGateway:
    return EmbeddedGateway(
        services.database, services.zone, pay_day=services.profile.payments.pay_day
    )


def money_answers(services: "Services") -> MoneyAnswers:
    account = services.profile.requisites
    return MoneyAnswers(
        services.database,
        services.billing,
        gateway(services),
        services.media,
        Company(services.profile.company.name, account.requisites() if account else None),
        money_rules(services.profile),
        services.zone,
    )


def payment_notices(services: "Services") -> PaymentNotices:
    return PaymentNotices(services.outbox, services.personal_data(), services.zone)
