"""An editor's picture or document: one request, one file, the words for the article back.

The body is the file itself: what it is, its bytes say, and its name stands in the address.
"""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse

from knowledge_base.errors import FileRefused
from knowledge_base.files.checking import LARGEST
from knowledge_base.files.references import FOLDER, UNSIGNED
from knowledge_base.files.service import ArticleFiles
from web.guard import Me


def add_pages(router: APIRouter, files: ArticleFiles) -> None:
    """Before the pages of articles, whose addresses are numbers."""

    @router.post("/files")
    async def upload(
        request: Request, me: Me, name: Annotated[str, Query(max_length=400)] = ""
    ) -> Response:
        """201 {"markdown", "words"}: ``words`` are those of it that the author is to write anew;
        422 {"problem"}."""
        try:
            content = bytearray()
            async for piece in request.stream():
                content += piece
                if len(content) > LARGEST:
                    break  # the check says so
            kept = await files.upload(name, bytes(content), author_id=me.person_id)
        except FileRefused as refused:
            return JSONResponse({"problem": f"{name or 'Файл'}: {refused}."}, 422)
        words = UNSIGNED if kept.is_picture else _title(name)
        mark = "!" if kept.is_picture else ""
        markdown = f"{mark}[{words}]({FOLDER}/{kept.name})"
        return JSONResponse({"markdown": markdown, "words": words}, 201)


def _title(name: str) -> str:
    """«Заявление (образец).pdf» as the words of a link."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name)
    return " ".join(re.sub(r"[\[\]_\\*`\x00-\x1f]+", " ", stem).split())[:100] or "Файл"
