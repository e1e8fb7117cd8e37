"""An editor's pictures and documents: taken in, shown, sent, exported, forgotten."""

import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import select

from knowledge_base import api, versions
from knowledge_base.errors import FilesUnfit
from knowledge_base.files import service
from knowledge_base.files.checking import LARGEST
from knowledge_base.files.cleaning import FileCleaning
from knowledge_base.files.service import ArticleFiles
from knowledge_base.front_matter import dump
from knowledge_base.markdown_files import export_dir, import_dir
from knowledge_base.models import Article
from knowledge_base.preview import CHANNELS
from knowledge_base.service import KnowledgeBase
from media.shelf import FolderShelf
from media.store import MediaStore
from storage.database import Database
from storage.jobs import JobRunner
from tests.conftest import FakeClock
from tests.knowledge_base.conftest import Browser
from tests.knowledge_base.samples import VALUES, picture, published, text

PDF = b"%PDF-1.7 ..."
BODY = "Как дойти.\n\n![План этажа](files/plan_etazha.png)\n\n[Заявление](files/zayavlenie.pdf)"


async def form_of(browser: Browser, article_id: int) -> dict[str, str | list[str]]:
    return {"article": str(article_id), "base": "1", "title": "Офисы", "audience": "all"}


async def article_of(database: Database, topic: str) -> int:
    async with database.read() as session:
        found = await session.scalar(select(Article.id).where(Article.topic == topic))
    assert found is not None
    return found


async def test_a_picture_goes_from_the_editor_to_the_customer_and_the_site(
    database: Database, elena: Browser, media: MediaStore
) -> None:
    sent = await elena.sends("/kb/files?name=План этажа.PNG", picture())
    assert sent.status_code == 201
    assert sent.json() == {
        "markdown": "![что на картинке](files/plan_etazha.png)", "words": "что на картинке",
    }  # fmt: skip
    again = await elena.sends("/kb/files?name=другое имя.png", picture())
    assert again.json() == sent.json()
    other = await elena.sends("/kb/files?name=план_этажа.png", picture("WEBP"))
    assert other.json()["markdown"].endswith("(files/plan_etazha.jpg)")
    paper = await elena.sends("/kb/files?name=Заявление.pdf", PDF)
    assert paper.json()["markdown"] == "[Заявление](files/zayavlenie.pdf)"

    await published(database, "faq/offices", title="Офисы", questions=(), short="")
    article_id = await article_of(database, "faq/offices")
    form = await form_of(elena, article_id)
    shown = (await elena.post("/kb/preview", form | {"body": BODY}, htmx=True)).text
    assert shown.count('alt="План этажа"') == len(CHANNELS)
    assert shown.count("Заявление.pdf") == len(CHANNELS)
    link = shown.partition('<img class="kb-picture" src="')[2].partition('"')[0]
    seen = await elena.get(link)
    assert (seen.headers["content-type"], seen.content) == ("image/png", picture())
    wrong = form | {"body": BODY + "\n\n![Нет](files/gone.png)"}
    refused = await elena.post(f"/kb/{article_id}/publish", wrong, htmx=True)
    assert "Ответ, строка 7: Нет файла «gone.png»" in refused.text
    assert refused.status_code == 422
    page = await elena.post(f"/kb/{article_id}/publish", form | {"body": BODY}, htmx=True)
    assert "Опубликовано" in page.text

    base = KnowledgeBase(database, lambda: VALUES)
    await base.load()
    answer = base.answer("faq/offices")
    assert answer is not None
    assert answer.text == "Как дойти."
    assert [file.name for file in answer.files] == ["plan_etazha.png", "Заявление.pdf"]
    assert await media.read(answer.files[0].key) == picture()

    app = FastAPI(openapi_url=None)
    app.include_router(api.router(base, media, "https://okno.test/"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://okno.test") as site:
        [article] = (await site.get(api.PATH)).json()["articles"]
        url = "https://okno.test/api/kb/files/plan_etazha.png"
        assert f"![План этажа]({url})" in article["text"]
        assert article["files"][0] == {
            "name": "plan_etazha.png", "title": "План этажа", "url": url,
            "content_type": "image/png", "size": len(picture()),
        }  # fmt: skip
        assert (await site.get(url)).content == picture()
        # Uploaded, and in no published article.
        assert (await site.get("/api/kb/files/plan_etazha.jpg")).status_code == 404


async def test_what_is_no_file_for_customers_is_refused(elena: Browser) -> None:
    for name, content, why in (
        ("план.png", b"<html><script>alert(1)</script>", "Это не картинка, хотя так называется"),
        ("a.svg", b"<svg onload='alert(1)'/>", "Это не картинка"),
        ("a.png", picture()[:60], "Картинка не читается"),
        ("a.exe", b"MZ\x90\x00", "Такие файлы не принимаем"),
        ("a.pdf", b"", "Файл пустой"),
        ("a.pdf", PDF + b" " * LARGEST, "Файл больше 5 МБ"),
    ):
        answer = await elena.sends(f"/kb/files?name={name}", content)
        assert answer.status_code == 422
        assert answer.json()["problem"].startswith(f"{name}: {why}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    (folder / "files").mkdir(parents=True)
    source = dump("faq/offices", text(title="Офисы", body=BODY, short=""))
    (folder / "offices.md").write_text(source)
    (folder / "files" / "plan_etazha.png").write_bytes(picture())
    (folder / "files" / "zayavlenie.pdf").write_bytes(PDF)
    return folder


@pytest.fixture
async def other(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A second, empty database."""
    shutil.copy(sqlite_template, tmp_path / "other.db")
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    yield other
    await other.close()


def bytes_of(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


async def test_a_folder_goes_in_and_out_with_its_files(
    database: Database, media: MediaStore, other: Database, folder: Path, tmp_path: Path
) -> None:
    (folder / "files" / "unused.png").write_bytes(b"whatever")
    assert (await import_dir(database, media, folder)).added == ["faq/offices"]
    assert (await import_dir(database, media, folder)).unchanged == ["faq/offices"]
    (folder / "files" / "unused.png").unlink()
    async with database.read() as session:
        await export_dir(session, media, tmp_path / "first")
    assert bytes_of(tmp_path / "first") == bytes_of(folder)
    far = MediaStore(other, FolderShelf(tmp_path / "far"))
    await import_dir(other, far, tmp_path / "first")
    async with other.read() as session:
        await export_dir(session, far, tmp_path / "second")
    assert bytes_of(tmp_path / "second") == bytes_of(folder)


async def test_wrong_files_of_a_folder_are_told_with_the_articles_line(
    database: Database, media: MediaStore, folder: Path
) -> None:
    await import_dir(database, media, folder)
    lines = (folder / "offices.md").read_text().split("\n")
    [at] = [number for number, line in enumerate(lines, 1) if "plan_etazha" in line]

    async def refusal() -> str:
        with pytest.raises(FilesUnfit) as caught:
            await import_dir(database, media, folder)
        return str(caught.value).removeprefix(f"{folder}/offices.md:{at}: ")

    plan = folder / "files" / "plan_etazha.png"
    plan.unlink()
    assert await refusal() == "Нет файла «plan_etazha.png»: загрузите его"
    plan.write_bytes(b"<html>")
    assert (await refusal()).startswith("plan_etazha.png: Это не картинка")
    plan.write_bytes(picture("JPEG"))
    assert "это plan_etazha.jpg: назовите его так" in await refusal()
    stream = io.BytesIO()
    Image.new("RGB", (5, 5), "red").save(stream, "PNG")
    plan.write_bytes(stream.getvalue())
    assert "Под этим именем хранится другой файл" in await refusal()


async def test_only_what_no_version_shows_is_forgotten(
    database: Database, files: ArticleFiles, elena: Browser, clock: FakeClock
) -> None:
    async def uploaded(name: str, colour: str) -> None:
        stream = io.BytesIO()
        Image.new("RGB", (9, 9), colour).save(stream, "PNG")
        await files.upload(name, stream.getvalue(), author_id=1)

    for name, colour in (("old", "red"), ("typed", "blue"), ("unused", "green"), ("short", "pink")):
        await uploaded(name, colour)
    await published(database, "faq/offices", body="Вот\n\n![а](files/old.png)", questions=())
    article_id = await article_of(database, "faq/offices")
    async with database.write() as tx:
        newer = text(body="Без картинки", short="Вот ![б](files/short.png)")
        await versions.save(tx, article_id, newer, author_id=None, base_number=1)
    form = {"article": str(article_id), "base": "2", "title": "О", "body": "![](files/typed.png)"}
    assert (await elena.post(f"/kb/{article_id}/autosave", form)).status_code == 204
    clock.advance(days=8)
    await uploaded("fresh", "black")
    cleaning = FileCleaning(database)
    await cleaning.begin()
    clock.advance(days=1)
    await JobRunner(database, cleaning.jobs(), holder="test", period=1).run_due()
    async with database.read() as session:
        left = set(await service.known(session))
    assert left == {"old.png", "typed.png", "short.png", "fresh.png"}
