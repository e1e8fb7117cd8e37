"""What energy costs, for the estimate under a reading. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.money import THOUSANDTHS, energy_cost
from billing.readings.rules import Values

DAYS_OF_A_MONTH = 30.4


@dataclass(frozen=True, slots=True)
class Prices:
    """Households' tariffs: ``by_zones[zones]`` are kopecks per kWh by register.

    ``first_range_kwh``: the kWh a month above which a dearer tariff begins (диапазон
    потребления), where the region has such; the prices are those of the first range.
    """

    by_zones: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    first_range_kwh: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Kopecks by register and the tariffs (kopecks per kWh) they follow from.

    ``range_kwh``: up to how many kWh a month these tariffs hold, ``None`` where there are no
    ranges. ``beyond_range``: more was consumed, so that it costs at least this.
    """

    kopecks: tuple[int, ...]
    tariffs: tuple[int, ...]
    range_kwh: int | None = None
    beyond_range: bool = False

    @property
    def total(self) -> int:
        return sum(self.kopecks)


def estimate(consumption: Values, prices: Prices, days: int) -> Estimate | None:
    """``None`` where nothing can be said: consumption not known, or no tariff for the meter.

    ``days``: since the reading before. Of several months each is taken to have used its share,
    as what was used in which month nobody knows.
    """
    tariffs = prices.by_zones.get(len(consumption), ())
    if not consumption or len(tariffs) != len(consumption):
        return None
    limit, months = prices.first_range_kwh, max(1, round(days / DAYS_OF_A_MONTH))
    return Estimate(
        kopecks=tuple(
            energy_cost(kwh, tariff) for kwh, tariff in zip(consumption, tariffs, strict=True)
        ),
        tariffs=tariffs,
        range_kwh=limit,
        beyond_range=limit is not None and sum(consumption) > limit * months * THOUSANDTHS,
    )
