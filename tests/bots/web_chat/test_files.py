"""A file sent in the page: taken by its content, once, within limits, and shown in the chat."""

import httpx
import pytest
from sqlalchemy import select

from bots.web_chat import uploads
from conversations.models import MessageKind
from media.models import Attachment
from storage.database import Database
from tests.bots.web_chat.conftest import Customer, stored
from tests.media.test_media import picture

KEY = "0b5e1c52-7d64-4e0a-a6d3-3f3f6c0c1a11"


async def send(customer: Customer, content: bytes, name: str, key: str = KEY) -> httpx.Response:
    return await customer.http.post(
        "/chat/files", params={"key": key, "name": name}, content=content
    )


async def test_a_photo_and_a_paper(
    customer: Customer, stranger: Customer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await send(stranger, picture(), "a.png")).status_code == 401
    for _ in range(2):
        answer = await send(customer, picture(), "..\\счётчик.exe")
        assert (answer.status_code, answer.json()) == (202, {"key": KEY})
    await send(customer, b"%PDF-1.7", "чек.pdf", "another-key")
    photo, paper = await stored(database)
    assert (photo.kind, photo.text, photo.data["type"]) == (MessageKind.ATTACHMENT, "", "photo")
    assert paper.data["type"] == "document"
    async with database.read() as session:
        rows = list((await session.execute(select(Attachment.state))).scalars())
    assert rows == ["kept", "kept"]

    first, second = (await customer.history())["messages"]
    (shown,) = first["files"]
    assert (shown["kind"], shown["name"], shown["width"]) == ("picture", "счётчик.exe.png", 8)
    preview = await customer.http.get(shown["preview"])
    assert preview.headers["content-type"] == "image/jpeg"
    assert preview.headers["content-disposition"].startswith("inline")
    for file in (shown, second["files"][0]):
        saved = await customer.http.get(file["url"])
        assert saved.headers["content-disposition"].startswith("attachment")

    page = await send(customer, b"<html>", "a.png", "a-third-key")
    assert (page.status_code, page.json()["error"]) == (415, "type")
    assert (await send(customer, b"", "a.png", "a-third-key")).status_code == 422
    monkeypatch.setattr(uploads, "LARGEST", 4)
    assert (await send(customer, b"%PDF-", "a.pdf", "a-third-key")).status_code == 413
    for number in range(10):
        last = await send(customer, b"%PDF-", "a.pdf", f"many-keys-{number}")
    assert last.status_code == 429
    assert len(await stored(database)) == 2
