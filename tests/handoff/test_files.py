"""What a customer sent, on the operators' page: shown, saved, asked for again, and by whom."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select, update

from bots.incoming import Incoming
from conversations.models import Delivery, MessageKind
from handoff.errors import NoFilesHere
from handoff.inbox import enclosed
from handoff.inbox.uploads import Upload
from handoff.service import HandoffService
from handoff.steps import Operator
from media.attachments import Enclosed, KeptFile, keep
from media.models import Attachment
from media.shelf import FolderShelf
from media.store import LARGEST, MediaStore
from replies import File, FileKind
from staff.models import AuditEntry
from tests.handoff.conftest import House
from tests.handoff.inbox import OneArticle, files_of, hub_of, inbox_app, staff_of
from tests.handoff.test_pages import Browser, browser
from tests.media.test_media import picture


async def test_a_photo_a_paper_and_what_did_not_come(house: House, tmp_path: Path) -> None:
    store = MediaStore(house.database, FolderShelf(tmp_path / "media"))
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
    app.include_router(files_of(house, store))
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


async def test_an_operator_sends_files(house: House, tmp_path: Path) -> None:
    """Kept when chosen, sent with the answer; what is refused says why and changes nothing."""
    store = MediaStore(house.database, FolderShelf(tmp_path / "media"))
    first = await house.waiting()
    conversation = (await house.stay(first)).conversation_id
    staff, hub = await staff_of(house), hub_of(house)
    app = inbox_app(house, staff, hub)
    app.include_router(files_of(house, store))
    olga, ivan, petr = [await browser(app, login) for login in ("olga", "ivan", "petr")]

    async def up(who: Browser, content: bytes, name: str) -> httpx.Response:
        headers = {"x-csrf-token": who.csrf, "content-type": "application/octet-stream"}
        path = f"/inbox/files?name={quote(name)}"
        return await who.client.post(path, content=content, headers=headers)

    try:
        for content, name, status in (
            (b"MZ\x90\x00" + bytes(200), "программа.exe", 415),
            (b"<html><script>alert(1)</script>", "страница.pdf", 415),
            (b"", "пусто.pdf", 422),
            (bytes(LARGEST + 1), "много.bin", 413),
        ):
            refused = await up(olga, content, name)
            assert (refused.status_code, bool(refused.json()["why"])) == (status, True)
        assert (await up(petr, b"%PDF-1.7", "a.pdf")).status_code == 403
        photo = (await up(olga, picture(), "../снимок")).json()
        paper = (await up(olga, b"%PDF-1.7 ...", "договор.pdf")).json()
        assert (photo["name"], photo["picture"]) == ("снимок.png", True)
        assert (paper["name"], paper["picture"]) == ("договор.pdf", False)
        shown = await olga.get(f"/inbox/files/draft/{photo['token']}")
        assert shown.headers["content-type"] == "image/jpeg"
        assert (await ivan.get(f"/inbox/files/draft/{photo['token']}")).status_code == 410
        assert await house.sent(conversation) == []

        stolen = await ivan.say(first, "Вот", file=photo["token"])
        assert stolen.status_code == 409
        tokens = [photo["token"], paper["token"]]
        for _ in range(2):  # a double press
            sent = await olga.say(first, "Вот договор", key="k" * 20, file=tokens)
            assert sent.status_code == 204
        assert (await olga.say(first, "Вот договор", key="k" * 20)).status_code == 409
        alone = await olga.say(first, "", key="l" * 20, file=paper["token"])
        assert alone.status_code == 204
        async with house.database.read() as session:
            payloads = (
                await session.execute(select(Delivery.payload).order_by(Delivery.seq))
            ).scalars()
            told = [(one["text"], one["file"]["kind"], one["file"]["name"]) for one in payloads]
        assert [one[1:] for one in told] == [
            ("picture", "снимок.png"), ("document", "договор.pdf"), ("document", "договор.pdf"),
        ]  # fmt: skip
        assert told[0][0].endswith("Вот договор")
        assert [one[0] for one in told[1:]] == ["", ""]
        page = await ivan.text(f"/inbox/{first}")
        assert len(re.findall(r'<img src="/inbox/files/\d+/picture"', page)) == 1
        assert page.count("договор.pdf") >= 2
        assert (await house.stay(first)).next_due_at is None
    finally:
        for one in (olga, ivan, petr):
            await one.client.aclose()
        staff.close()


async def test_an_article_is_inserted_with_its_files(house: House, tmp_path: Path) -> None:
    """The customer gets them as the assistant sends them; one that was left out stays away."""
    store = MediaStore(house.database, FolderShelf(tmp_path / "media"))
    plan = File(FileKind.PICTURE, await store.put(picture()), "plan.png", "Как пройти в офис")
    form = File(FileKind.DOCUMENT, await store.put(b"%PDF-1.7 ."), "Заявление.pdf", "Заявление")
    gone = File(FileKind.DOCUMENT, "0" * 64, "нет.pdf", "Нет")
    article = OneArticle(plan, form, gone)
    first = await house.waiting()
    staff, hub = await staff_of(house), hub_of(house)
    app = inbox_app(house, staff, hub, article=article)
    app.include_router(files_of(house, store, article))
    olga, petr = await browser(app, "olga"), await browser(app, "petr")
    try:
        found = await olga.text(f"/inbox/{first}/insert?q=пени")
        assert 'data-enclosing="faq/penalty"' in found
        assert "статья с файлами" in found
        path = "/inbox/files/article"
        assert (await petr.press(path, topic="faq/penalty")).status_code == 403
        assert (await olga.press(path, topic="faq/unknown")).status_code == 404
        offered = (await olga.press(path, topic="faq/penalty")).json()
        assert [(one["name"], one["picture"]) for one in offered] == [
            ("plan.png", True), ("Заявление.pdf", False),
        ]  # fmt: skip
        shown = await olga.get(f"/inbox/files/draft/{offered[0]['token']}")
        assert shown.headers["content-type"] == "image/jpeg"
        for key, tokens in (("k", [one["token"] for one in offered]), ("l", offered[1]["token"])):
            sent = await olga.say(first, "Пени не начисляют 30 дней.", key=key * 20, file=tokens)
            assert sent.status_code == 204
        async with house.database.read() as session:
            payloads = await session.execute(select(Delivery.payload).order_by(Delivery.seq))
            told = [one["file"] for one in payloads.scalars() if one.get("file")]
        assert told == [plan.to_json(), form.to_json(), form.to_json()]
        page = await olga.text(f"/inbox/{first}")
        assert len(re.findall(r'<img src="/inbox/files/\d+/picture" width="8"', page)) == 1
    finally:
        await olga.client.aclose()
        await petr.client.aclose()
        staff.close()


async def test_no_files_where_only_public_things_are_told(house: House, olga: Operator) -> None:
    service = HandoffService(
        house.database, house.outbox, house.events, house.service.hours,
        answer_within=timedelta(minutes=15), idle_close=timedelta(hours=4),
        public_only=["telegram"],
    )  # fmt: skip
    file = Upload(KeptFile("0" * 64, "application/pdf", 10), "a.pdf")
    stay = await house.waiting()
    with pytest.raises(NoFilesHere):
        await service.desk.answer(stay, olga, "Вот", client_key="k", files=[file])
    article = Upload(file.kept, "plan.pdf", "План")
    await service.desk.answer(stay, olga, "Вот", client_key="k", files=[article])
