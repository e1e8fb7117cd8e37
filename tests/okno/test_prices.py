"""The company's tariffs as estimates use them."""

from typing import Any

from billing.service import BillingService
from okno import profile as profiles
from okno.company import LiveFacts


def test_a_price_finer_than_a_kopeck_leaves_the_estimate_out() -> None:
    """Editors may write up to five places; what can't be computed exactly is not told."""
    profile, billing = profiles.load("demo"), BillingService()
    facts = LiveFacts(profile, billing)
    known = dict(billing.prices.by_zones)
    assert known[1] == (547,)
    tables: dict[str, Any] = dict(profile.tables())
    tables["tariffs"] = [
        row | {"price": "5,47123"} if row["price"] == "5,47" else row for row in tables["tariffs"]
    ]
    facts.take(tables)
    assert set(known) - set(billing.prices.by_zones) == {1, 3}
