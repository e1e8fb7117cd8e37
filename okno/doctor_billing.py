"""Does the company's billing system answer, and have its readings reached it?"""

from collections.abc import AsyncIterator

from sqlalchemy import func, select

from billing.embedded import EmbeddedGateway
from billing.errors import GatewayDown, UnknownAccount
from billing.models import Reading
from billing.readings.delivery_models import DeliveryOfReading, ReadingDelivery
from billing.readings.undelivered import undelivered
from okno.findings import Finding
from okno.services import Services

# No account: asked for the sake of the answer.
NOBODY = "000000"


async def billing_findings(services: Services) -> AsyncIterator[Finding]:
    if isinstance(services.gateway, EmbeddedGateway):
        return
    today = services.database.clock.now().astimezone(services.zone).date()
    try:
        await services.gateway.balance(NOBODY, today)
    except UnknownAccount:
        yield Finding("the billing system answers")
    except GatewayDown as error:
        yield Finding(
            f"the billing system does not answer as it should ({error})",
            "check OKNO_BILLING_URL and that OKNO_BILLING_SECRET and the clocks agree; "
            "docs/billing-api.yaml says what is asked",
        )
    else:
        yield Finding("the billing system answers")
    async with services.database.read() as session:
        rows = await session.execute(
            select(ReadingDelivery.state, func.count())
            .join(Reading, Reading.id == ReadingDelivery.reading_id)
            .where(undelivered())
            .group_by(ReadingDelivery.state)
        )
    stopped = dict(rows.all())
    refused = stopped.get(DeliveryOfReading.REFUSED, 0)
    tried = stopped.get(DeliveryOfReading.WAITING, 0)
    if refused or tried:
        yield Finding(
            f"readings: {refused} refused by billing, {tried} tried in vain",
            "the page «Показания на проверке» says why",
        )
