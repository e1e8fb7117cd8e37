"""The published articles for the company's own site: ``GET /api/kb/articles``.

Public and read-only: what anybody may read in the chat. Internal articles («info/…») and those
that are out of their dates are left out. The others' pictures and documents are public too.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request, Response

from knowledge_base.answers import Answer
from knowledge_base.files.references import FileFacts, with_links
from knowledge_base.service import KnowledgeBase
from media.errors import FileGone
from media.pages import served
from media.store import MediaStore
from nlu.taxonomy import is_faq

PATH = "/api/kb/articles"
FILES = "/api/kb/files"
# Sites ask anew after so many seconds; the ETag makes that cheap.
MAX_AGE = 60

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Okno: knowledge base", "version": "1"},
    "paths": {
        PATH: {
            "get": {
                "summary": "Every published article that is in force now",
                "parameters": [
                    {
                        "name": "audience", "in": "query", "required": False,
                        "schema": {"enum": ["household", "business", "all"]},
                        "description": "Only what is for these readers",
                    }
                ],
                "responses": {
                    "200": {
                        "description": "The articles by topic; ETag changes with any of them",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Articles"}
                            }
                        },
                    },
                    "304": {"description": "Nothing has changed since If-None-Match"},
                    "422": {"description": "No such audience"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Articles": {
                "type": "object",
                "required": ["articles"],
                "properties": {
                    "articles": {
                        "type": "array", "items": {"$ref": "#/components/schemas/Article"}
                    }
                },
            },
            "Article": {
                "type": "object",
                "required": [
                    "topic", "section", "title", "text", "short", "audience", "files"
                ],
                "properties": {
                    "topic": {"type": "string", "examples": ["penalty"]},
                    "section": {"type": "string"},
                    "title": {"type": "string"},
                    "text": {
                        "type": "string",
                        "description": "Markdown, variables filled in, files as links",
                    },
                    "short": {"type": "string", "description": "Markdown; may be empty"},
                    "audience": {"enum": ["household", "business", "all"]},
                    "files": {"type": "array", "items": {"$ref": "#/components/schemas/File"}},
                },
            },
            "File": {
                "type": "object",
                "description": "A picture or a document of the text, in its order",
                "required": ["name", "title", "url", "content_type", "size"],
                "properties": {
                    "name": {"type": "string", "examples": ["plan_ofisa.png"]},
                    "title": {"type": "string", "description": "What is in it"},
                    "url": {"type": "string"},
                    "content_type": {"type": "string"},
                    "size": {"type": "integer", "description": "Bytes"},
                },
            },
        }
    },
}  # fmt: skip


def router(
    knowledge_base: KnowledgeBase, store: MediaStore, public_url: str | None = None
) -> APIRouter:
    """Links to files begin with ``public_url``; without one they are paths of this server."""
    routes = APIRouter()

    def link(name: str) -> str:
        return f"{(public_url or '').rstrip('/')}{FILES}/{name}"

    def public(audience: str = "") -> list[Answer]:
        return [
            answer
            for answer in knowledge_base.answers()
            if is_faq(answer.topic) and (not audience or answer.audience in (audience, "all"))
        ]

    @routes.get(PATH, include_in_schema=False)
    async def articles(
        request: Request, audience: Literal["household", "business", "all"] | None = None
    ) -> Response:
        found = [
            {
                "topic": answer.topic.removeprefix("faq/"),
                "section": answer.section,
                "title": answer.title,
                "text": with_links(answer.page, link),
                "short": answer.short,
                "audience": answer.audience,
                "files": [
                    _file(facts, title, link) for facts, title in knowledge_base.files_of(answer)
                ],
            }
            for answer in public(audience or "")
        ]
        body = json.dumps({"articles": found}, ensure_ascii=False).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {
            "etag": tag,
            "cache-control": f"public, max-age={MAX_AGE}",
            "access-control-allow-origin": "*",
        }
        if tag in (request.headers.get("if-none-match") or ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    @routes.get(f"{FILES}/{{name}}", include_in_schema=False)
    async def file(name: str) -> Response:
        """Of an article that anybody may read now; else it is not there."""
        for answer in public():
            for facts, _ in knowledge_base.files_of(answer):
                if facts.name == name:
                    try:
                        kept = await store.find(facts.digest)
                    except FileGone:
                        break
                    return served(kept, facts.name, inline=True)
        raise HTTPException(404)

    @routes.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return Response(json.dumps(OPENAPI), media_type="application/json")

    return routes


def _file(facts: FileFacts, title: str, link: Callable[[str], str]) -> dict[str, Any]:
    return {
        "name": facts.name, "title": title, "url": link(facts.name),
        "content_type": facts.content_type, "size": facts.size,
    }  # fmt: skip
