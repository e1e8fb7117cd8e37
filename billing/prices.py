"""What energy costs, for the estimate under a reading. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.money import energy_cost
from billing.readings import Values


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
    """Kopecks by register and the tariffs they follow from.

    ``beyond_range``: more was consumed than the first range holds, so it may cost more.
    """

    kopecks: tuple[int, ...]
    tariffs: tuple[int, ...]
    beyond_range: bool = False

    @property
    def total(self) -> int:
        return sum(self.kopecks)


def estimate(consumption: Values, prices: Prices) -> Estimate | None:
    """``None`` where nothing can be said: consumption not known, or no tariff for the meter."""
    tariffs = prices.by_zones.get(len(consumption), ())
    if not consumption or len(tariffs) != len(consumption):
        return None
    limit = prices.first_range_kwh
    return Estimate(
        kopecks=tuple(
            energy_cost(kwh, tariff) for kwh, tariff in zip(consumption, tariffs, strict=True)
        ),
        tariffs=tariffs,
        beyond_range=limit is not None and sum(consumption) > limit * 1000,
    )
