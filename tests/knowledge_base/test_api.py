"""The public JSON of published articles."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from knowledge_base import api
from knowledge_base.service import KnowledgeBase
from media.store import MediaStore
from storage.database import Database
from tests.conftest import FakeClock
from tests.knowledge_base.samples import VALUES, published


@pytest.fixture
def base(database: Database) -> KnowledgeBase:
    return KnowledgeBase(database, lambda: VALUES)


@pytest.fixture
async def client(base: KnowledgeBase, media: MediaStore) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(openapi_url=None)
    app.include_router(api.router(base, media))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://okno.test") as client:
        yield client


async def test_only_what_anybody_may_read_now(
    database: Database, base: KnowledgeBase, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    await published(database)
    await published(database, "info/secret", title="Служебное")
    await published(database, "faq/tariffs", valid_until=clock.now() - timedelta(days=1))
    await base.load()
    answer = await client.get(api.PATH)
    [article] = answer.json()["articles"]
    assert article["topic"] == "penalty"
    assert article["section"] == "Деньги и долг"
    assert "8 800 555-01-23" in article["text"]
    assert set(article) == set(api.OPENAPI["components"]["schemas"]["Article"]["properties"])


async def test_an_unchanged_base_costs_no_body(
    database: Database, base: KnowledgeBase, client: httpx.AsyncClient
) -> None:
    await published(database)
    await base.load()
    first = await client.get(api.PATH)
    again = await client.get(api.PATH, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await published(database, "faq/tariffs", questions=())
    await base.load()
    changed = await client.get(api.PATH, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_by_audience(
    database: Database, base: KnowledgeBase, client: httpx.AsyncClient
) -> None:
    await published(database, audience="household")
    await published(database, "faq/contract_business", audience="business", questions=())
    await base.load()
    found = (await client.get(f"{api.PATH}?audience=business")).json()["articles"]
    assert [article["topic"] for article in found] == ["contract_business"]


async def test_the_description_is_valid_json(client: httpx.AsyncClient) -> None:
    described = json.loads((await client.get("/api/openapi.json")).text)
    assert list(described["paths"]) == [api.PATH]
