"""The company's facts as the rooms need them, kept up with the editors' pages."""

from collections.abc import Mapping
from contextlib import suppress

from billing.money import kopecks
from billing.payments.penalty import effective_rate
from billing.prices import Prices
from billing.readings.rules import AcceptanceRules, Outside
from billing.service import BillingService
from dialogs.money import MoneyRules
from knowledge_base.company.tables import Row, Rows, registers_of
from okno.profile import Profile

Tables = Mapping[str, Rows]


class LiveFacts:
    """What changes while we serve: ``money_rules``, ``public`` and the rules of ``billing``.

    ``public``: what reads like a customer's data and is everybody's: phones, addresses, prices.
    """

    def __init__(self, profile: Profile, billing: BillingService) -> None:
        self._profile = profile
        self._billing = billing
        self.public: list[str] = []
        self.take(profile.tables())

    def take(self, tables: Tables) -> None:
        """These are in force from now on."""
        self.money_rules = _money_rules(self._profile, tables)
        self._office = tables["offices"][0]
        self.public[:] = _public(tables)
        self._billing.rules = _acceptance(tables["readings"][0])
        self._billing.prices = _prices(tables["tariffs"], self._profile.readings.first_range_kwh)

    def office(self) -> str:
        """Where one may come, for prepared answers."""
        return f"{self._office['address']}, {self._office['hours']}"


def _money_rules(profile: Profile, tables: Tables) -> MoneyRules:
    payments, penalty = profile.payments, tables["penalty"][0]
    return MoneyRules(
        credit_days=payments.credit_days,
        largest=payments.largest * 100,
        without_fee=tuple(row["name"] for row in tables["payments"]),
        link=payments.link,
        rate=effective_rate(penalty["key_rate"], penalty.get("cap")),
        pay_day=payments.pay_day,
    )


def _acceptance(row: Row) -> AcceptanceRules:
    return AcceptanceRules(
        first_day=int(row["first_day"]),
        last_day=int(row["last_day"]),
        outside=Outside(row["outside"]),
    )


def _prices(tariffs: Rows, first_range_kwh: int | None) -> Prices:
    """What a household's kWh costs by register; a meter with a price missing has none, nor one
    with a price finer than a kopeck: what can't be computed exactly is left out."""
    known = dict[str, int]()
    for row in tariffs:
        with suppress(ValueError):
            known |= dict.fromkeys(registers_of(row), kopecks(row["price"]))
    by_zones = {
        zones: tuple(known.get(f"{zones}.{register}", 0) for register in range(1, zones + 1))
        for zones in (1, 2, 3)
    }
    return Prices(
        {zones: prices for zones, prices in by_zones.items() if all(prices)}, first_range_kwh
    )


def _public(tables: Tables) -> list[str]:
    offices = [row[name] for row in tables["offices"] for name in ("address", "phone")]
    phones = [row["phone"] for key in ("company", "grid", "corruption", "phones")
              for row in tables[key]]  # fmt: skip
    prices = [row["price"] for row in tables["tariffs"]]
    return [*offices, *phones, *prices, tables["reconnection"][0]["max_fee"]]
