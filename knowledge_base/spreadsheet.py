"""Questions and answers from a spreadsheet, as drafts: what a company has when it begins.

The first row names the columns: «Вопрос» and «Ответ» must be there, «Варианты» (one a line, or
with «;» between) and «Тема» (a topic's name) may be. Several rows of one topic are one article.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from sqlalchemy import select

from knowledge_base import versions
from knowledge_base.article_text import ArticleText, fold
from knowledge_base.checks import LONGEST_TITLE, find_excess
from knowledge_base.errors import Problem, Unfit
from knowledge_base.front_matter import TOPIC
from knowledge_base.models import Article
from nlu.translit import to_latin
from storage.database import Transaction

MOST_ROWS: Final = 5_000
LARGEST_FILE: Final = 10_000_000
# A small file can unfold to gigabytes.
MOST_UNPACKED: Final = 100_000_000
_COLUMNS: Final = {"вопрос": "question", "ответ": "answer", "варианты": "variants", "тема": "topic"}
_SLUG: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG: Final = 40


def read(content: bytes) -> dict[str, ArticleText]:
    """Draft texts by topic. Raises Unfit; ``line`` of a problem is the row's number."""
    if len(content) > LARGEST_FILE:
        raise Unfit([Problem(f"Файл больше {LARGEST_FILE // 10**6} МБ", line=1)])
    found: dict[str, ArticleText] = {}
    problems: list[Problem] = []
    for number, row in _rows(content):
        question, answer = row.get("question", ""), row.get("answer", "")
        if not question and not answer:
            continue
        if not question or not answer:
            problems.append(Problem("Нужны и вопрос, и ответ", line=number))
            continue
        topic = _topic(row.get("topic", ""), question)
        if TOPIC.fullmatch(topic) is None:
            problems.append(Problem("Тема пишется латиницей, например faq/penalty", line=number))
            continue
        variants = re.split(r"[\n;]", row.get("variants", ""))
        if (before := found.get(topic)) is not None:
            body = before.body if answer in before.body else f"{before.body}\n\n{answer}"
            text = ArticleText(
                before.title, body, questions=(*before.questions, question, *variants)
            ).tidied()
        else:
            text = ArticleText(
                question[:LONGEST_TITLE], answer, questions=(question, *variants)
            ).tidied()
        problems += (Problem(one.message, line=number) for one in find_excess(text))
        found[topic] = text
    if problems:
        raise Unfit(problems)
    if not found:
        raise Unfit([Problem("В таблице нет ни одного вопроса", line=1)])
    return found


async def import_drafts(
    tx: Transaction, drafts: Mapping[str, ArticleText], *, author_id: int | None
) -> list[str]:
    """Save them beside what is published; topics whose text was new."""
    known = {
        topic: (row_id, number)
        for topic, row_id, number in await tx.session.execute(
            select(Article.topic, Article.id, Article.last_number)
        )
    }
    saved = []
    for topic, text in drafts.items():
        if topic in known:
            article_id, number = known[topic]
            newest = await versions.latest(tx.session, article_id)
            if newest is not None and versions.text_of(newest) == text:
                continue
        else:
            article_id, number = await versions.add_article(tx, topic), 0
        await versions.save(tx, article_id, text, author_id=author_id, base_number=number)
        saved.append(topic)
    return saved


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and known cells of every row under the header."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > MOST_UNPACKED:
            raise Unfit([Problem("Таблица слишком велика: разделите её", line=1)])
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Unfit([Problem("Это не таблица XLSX", line=1)]) from error
    sheet = book.worksheets[0]
    names: list[str] = []
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > MOST_ROWS:
            raise Unfit([Problem(f"Строк больше {MOST_ROWS}", line=number)])
        texts = ["" if cell is None else str(cell).strip() for cell in cells]
        if not names:
            names = [_COLUMNS.get(fold(text), "") for text in texts]
            if not {"question", "answer"} <= set(names):
                raise Unfit([Problem("В первой строке нужны столбцы «Вопрос» и «Ответ»", line=1)])
            continue
        row = {name: text for name, text in zip(names, texts, strict=False) if name}
        yield number, row


def _topic(typed: str, question: str) -> str:
    """The topic's name as it was typed, or made of the question."""
    if typed:
        return typed if "/" in typed else f"faq/{typed}"
    slug = _SLUG.sub("_", to_latin(question.lower())).strip("_")
    return f"faq/{slug[:_LONGEST_SLUG].strip('_') or 'x'}"
