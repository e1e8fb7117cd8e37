"""What a customer sent, on the operators' page: shown, saved, asked for again, and by whom."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bots.incoming import Incoming
from conversations.models import MessageKind
from handoff import enclosed
from handoff.files import files
from media.attachments import Enclosed, keep
from media.models import Attachment
from media.store import MediaStore
from staff.models import AuditEntry
from tests.handoff.conftest import House
from tests.handoff.inbox import hub_of, inbox_app, staff_of
from tests.handoff.test_pages import browser
from tests.media.test_media import picture


async def test_a_photo_a_paper_and_what_did_not_come(house: House, tmp_path: Path) -> None:
    store = MediaStore(house.database, tmp_path / "media")
    photo = (await keep(store, picture())).columns()
    paper = (await keep(store, b"%PDF-1.7 <script>alert(1)</script>")).columns()
    stay = await house.waiting()
    told = [
        {"type": "photo", "kept": photo},
        {"type": "document", "name": "чек.pdf", "kept": paper},
        {"type": "document", "name": "a.zip", "url": "https://far.example/a"},
        {"type": "document", "name": "b.zip", "url": "https://far.example/b"},
    ]
    await house.intake.accept(
        Incoming(house.account, "telegram", "77", "with-files", MessageKind.ATTACHMENT,
                 datetime(2026, 11, 18, 9, tzinfo=UTC), data={"type": "photo", "files": told},
                 platform_no=900)
    )  # fmt: skip
    async with house.database.write() as tx:
        failed = {"state": "failed", "problem": "host", "host": "far.example"}
        await tx.session.execute(update(Attachment).where(Attachment.position == 2).values(failed))
    staff, hub = await staff_of(house), hub_of(house)
    app = inbox_app(house, staff, hub)
    app.include_router(files(house.database, house.events, house.signals, store))
    olga, petr = await browser(app, "olga"), await browser(app, "petr")
    try:
        shown = await olga.text(f"/inbox/{stay}")
        assert re.search(r'<img src="/inbox/files/1/picture" width="8" height="8"', shown)
        assert "чек.pdf" in shown
        assert "файл не удалось получить: адрес far.example не разрешён" in shown
        assert shown.count(">Повторить<") == shown.count("получаем…") == 1

        made = await olga.get("/inbox/files/1/picture")
        assert made.headers["content-type"] == "image/jpeg"
        assert made.headers["content-disposition"].startswith("inline")
        for number, kind in (("1", "image/png"), ("2", "application/pdf")):
            saved = await olga.get(f"/inbox/files/{number}")
            assert saved.headers["content-type"] == kind
            assert saved.headers["content-disposition"].startswith("attachment")
            assert saved.headers["x-content-type-options"] == "nosniff"
        assert (await olga.get("/inbox/files/2/picture")).status_code == 410
        assert (await olga.get("/inbox/files/99")).status_code == 404
        assert (await petr.get("/inbox/files/1")).status_code == 403

        again = await olga.press("/inbox/files/3/again", stay=str(stay))
        assert again.status_code == 204
        news = await olga.text(f"/inbox/{stay}")
        assert news.count("получаем…") == 2
        async with house.database.read() as session:
            seen = (
                await session.execute(
                    select(AuditEntry.action, AuditEntry.object_id)
                    .where(AuditEntry.object_kind == "attachment")
                    .order_by(AuditEntry.id)
                )
            ).all()
        assert [tuple(row) for row in seen] == [
            ("attachment.viewed", "1"), ("attachment.saved", "1"), ("attachment.saved", "2"),
        ]  # fmt: skip
    finally:
        await olga.client.aclose()
        await petr.client.aclose()
        staff.close()


@pytest.mark.parametrize(
    ("octets", "told"), [(1, "1 КБ"), (757_760, "740 КБ"), (1_258_291, "1,2 МБ")]
)
def test_sizes(octets: int, told: str) -> None:
    assert enclosed.size(octets) == told


@pytest.mark.parametrize(("problem", "again"), [("too_large", False), ("gone", True)])
def test_another_try_is_offered_where_it_may_help(problem: str, again: bool) -> None:
    file = Enclosed(1, 1, "photo", "a", "failed", problem, "", None, "", 0, None, 0, 0)
    assert enclosed.shown(file).again is again
