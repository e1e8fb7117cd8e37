"""The published articles for the company's own site: ``GET /api/kb/articles``.

Public and read-only: what anybody may read in the chat. Internal articles («info/…») and those
that are out of their dates are left out.
"""

import hashlib
import json
from typing import Any

from fastapi import APIRouter, Request, Response

from knowledge_base.service import KnowledgeBase
from nlu.taxonomy import is_faq

PATH = "/api/kb/articles"
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
                "required": ["topic", "section", "title", "text", "short", "audience"],
                "properties": {
                    "topic": {"type": "string", "examples": ["penalty"]},
                    "section": {"type": "string"},
                    "title": {"type": "string"},
                    "text": {"type": "string", "description": "Markdown, variables filled in"},
                    "short": {"type": "string", "description": "Markdown; may be empty"},
                    "audience": {"enum": ["household", "business", "all"]},
                },
            },
        }
    },
}  # fmt: skip


def router(knowledge_base: KnowledgeBase) -> APIRouter:
    routes = APIRouter()

    @routes.get(PATH, include_in_schema=False)
    async def articles(request: Request, audience: str = "") -> Response:
        found = [
            {
                "topic": answer.topic.removeprefix("faq/"),
                "section": answer.section,
                "title": answer.title,
                "text": answer.text,
                "short": answer.short,
                "audience": answer.audience,
            }
            for answer in knowledge_base.answers()
            if is_faq(answer.topic) and (not audience or answer.audience in (audience, "all"))
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

    @routes.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return Response(json.dumps(OPENAPI), media_type="application/json")

    return routes
