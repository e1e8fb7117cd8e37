"""``okno doctor`` names the hosts from which customers' files could not be fetched."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update

from bots.incoming import Incoming
from conversations.models import MessageKind
from conversations.service import bot_account_id
from media.models import Attachment
from okno import doctor
from okno import profile as profiles
from okno.assemble import assemble
from okno.settings import Settings


async def test_a_host_that_is_not_allowed(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(
        database_url=sqlite_url, secret_key="k" * 40, media_dir=tmp_path, _env_file=None
    )
    services = assemble(settings, profiles.load("demo"))
    account = await bot_account_id(services.database, "vk")
    data = {"type": "photo", "files": [{"type": "photo", "url": "https://new.example/a"}]}
    await services.intake.accept(
        Incoming(account, "vk", "77", "1", MessageKind.ATTACHMENT,
                 datetime(2026, 11, 18, 9, tzinfo=UTC), data=data)
    )  # fmt: skip
    before = [one async for one in doctor._findings(services)]
    async with services.database.write() as tx:
        failed = {"state": "failed", "problem": "host", "host": "new.example"}
        await tx.session.execute(update(Attachment).values(failed))
    after = [one async for one in doctor._findings(services)]
    await services.close()
    assert not [one for one in before if "from hosts" in one.what]
    (found,) = (one for one in after if "from hosts" in one.what)
    assert "new.example (1)" in found.what
    assert "attachments.hosts in profiles/demo/company.yaml" in found.mend
