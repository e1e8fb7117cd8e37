"""``okno profile diff|apply``: later changes of the file."""

from pathlib import Path

from okno import profile as profiles
from okno import profile_cli
from okno.assemble import assemble
from okno.profile import Profile
from okno.settings import Settings
from storage.database import Database


def changed(profile: Profile) -> Profile:
    tariffs = (profile.tariffs[0].model_copy(update={"price": "6,01"}), *profile.tariffs[1:])
    return profile.model_copy(update={"tariffs": tariffs})


async def test_what_the_file_says_later_is_shown_and_taken_over(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, media_dir=tmp_path)
    first = assemble(settings, profiles.load("demo"))
    assert await profile_cli.difference(first) == []
    await first.close()

    later = assemble(settings, changed(profiles.load("demo")))
    told = ["tariffs:", "  - ; Однотарифный; 5,47; 1.1", "  + ; Однотарифный; 6,01; 1.1"]
    assert await profile_cli.difference(later) == told
    assert later.billing.prices.by_zones[1] == (547,)
    assert await profile_cli.apply(later, None) == ["tariffs"]
    assert await profile_cli.apply(later, None) == []
    assert await profile_cli.difference(later) == []
    # Whoever goes by it was told at once.
    assert later.billing.prices.by_zones[1] == (601,)
    assert "6,01" in later.facts.public
    assert "| Однотарифный | 6,01 |" in later.variables()["tariffs"]["table"]
    await later.close()
