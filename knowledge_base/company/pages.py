"""«Справочники»: the reference tables, each edited in one place."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from starlette.datastructures import FormData

from knowledge_base.company import usage
from knowledge_base.company.tables import TABLES, Row, Rows, Table
from knowledge_base.company.values import CompanyValues, Value, check
from knowledge_base.errors import EditConflict, Problem, Unfit
from storage.base import LARGEST_ID
from storage.database import Database
from web.guard import Me
from web.respond import go_to, page
from web.row_id import RowId
from web.shell import shell_of

NOTICES: Final = {
    "saved": "Сохранено. Статьи и ответы бота уже берут новые значения.",
    "later": "Сохранено. Новые значения вступят в силу сами, в указанный день.",
    "withdrawn": "Отменено: этих значений не будет.",
}
CHANGED: Final = "Пока Вы правили, справочник изменил другой редактор. Проверьте ещё раз."
# A table that is longer is not even read.
LARGEST_FORM: Final = 200_000

Key = Annotated[str, Path(pattern=r"^[a-z_]{1,30}$")]


class Reference:
    """What the pages work on. ``answers``: the assistant's own texts with given variables;
    ``flows``: by table, what else of the assistant goes by it."""

    def __init__(
        self,
        database: Database,
        values: CompanyValues,
        answers: usage.Answers,
        flows: Mapping[str, Sequence[str]],
    ) -> None:
        self.database = database
        self.values = values
        self.answers = answers
        self.flows = flows

    async def uses(self, key: str, rows: Rows, since: date) -> list[usage.Use]:
        """Everything that reads this table, with what would read differently from ``since`` on."""
        day = max(since, self.values.today())
        before = self.values.variables_with({}, day)
        after = self.values.variables_with({key: rows}, day)
        async with self.database.read() as session:
            articles = await usage.of_articles(session, key, before, after)
        return [
            *articles,
            *usage.of_answers(self.answers, key, before, after),
            *(usage.Use(title) for title in self.flows.get(key, ())),
        ]


def add_pages(router: APIRouter, reference: Reference) -> None:
    """Before the pages of articles, whose addresses are numbers."""
    values = reference.values

    @router.get("/values")
    async def overview(
        request: Request, done: Annotated[str, Query(max_length=20)] = ""
    ) -> Response:
        tables = [
            (table, values.in_force(key), values.upcoming(key)) for key, table in TABLES.items()
        ]
        people = {value.author_id for _, value, _ in tables if value.author_id is not None}
        context = {
            "tables": tables,
            "people": await shell_of(request).staff.names(people),
            "notice": NOTICES.get(done),
        }
        return page(request, "knowledge_base/values.html", context)

    @router.get("/values/{key}")
    async def edit(
        request: Request, key: Key, version: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0
    ) -> Response:
        table = _table(key)
        past = await values.history(key)
        begun = next((one for one in past if one.id == version), values.in_force(key))
        since = max(begun.since, values.today())
        return await _page(request, table, begun.rows, since.isoformat(), past)

    @router.post("/values/{key}/check")
    async def look(request: Request, key: Key) -> Response:
        return await _step(request, key, None)

    @router.post("/values/{key}/save")
    async def save(request: Request, me: Me, key: Key) -> Response:
        return await _step(request, key, me.person_id)

    @router.post("/values/{key}/withdraw/{value_id}")
    async def withdraw(request: Request, me: Me, key: Key, value_id: RowId) -> Response:
        _table(key)
        await values.withdraw(value_id, author_id=me.person_id)
        return go_to(request, "/kb/values?done=withdrawn")

    async def _step(request: Request, key: str, author_id: int | None) -> Response:
        """Show what would change; save only what has been shown."""
        table = _table(key)
        if int(request.headers.get("content-length") or 0) > LARGEST_FORM:
            raise HTTPException(413)
        form = await request.form()
        rows, since_typed = _rows(table, form), _text(form, "since")
        base = _text(form, "base")
        number = int(base) if base.isascii() and base.isdigit() and len(base) < 10 else 0
        past = await values.history(key)
        try:
            since = _day(since_typed)
            tidy = check(key, rows, since, values.today())
        except Unfit as unfit:
            return await _page(
                request, table, rows, since_typed, past, problems=unfit.problems, base=number
            )
        uses = await reference.uses(key, tidy, since)
        seen = _digest(key, tidy, since, number)
        shown: dict[str, Any] = {"uses": uses, "checked": seen, "base": number}
        if gone := usage.lost(uses):
            problems = [
                Problem(f"В статье «{use.title}» стоит {', '.join(use.lost)}: сначала уберите там")
                for use in gone
            ]
            return await _page(request, table, tidy, since_typed, past, problems=problems, **shown)
        if author_id is None or _text(form, "checked") != seen:
            return await _page(request, table, tidy, since_typed, past, **shown)
        try:
            await values.save(key, tidy, since, author_id=author_id, base_number=number)
        except EditConflict:
            past = await values.history(key)
            shown |= {"base": past[0].number if past else 0, "checked": ""}
            problems = [Problem(CHANGED)]
            return await _page(request, table, tidy, since_typed, past, problems=problems, **shown)
        done = "later" if since > values.today() else "saved"
        return go_to(request, f"/kb/values?done={done}")

    async def _page(
        request: Request,
        table: Table,
        rows: Sequence[Row],
        since: str,
        past: Sequence[Value],
        **shown: Any,
    ) -> Response:
        people = {value.author_id for value in past if value.author_id is not None}
        today = values.today()
        context: dict[str, Any] = {
            "table": table,
            "rows": rows,
            "since": since,
            "today": today,
            "tomorrow": today + timedelta(days=1),
            "history": past,
            "current": values.in_force(table.key),
            "base": past[0].number if past else 0,
            "people": await shell_of(request).staff.names(people),
            "problems": (),
            "uses": None,
            "checked": "",
        } | shown
        status = 422 if context["problems"] else 200
        return page(request, "knowledge_base/values_edit.html", context, status=status)


def _table(key: str) -> Table:
    if key not in TABLES:
        raise HTTPException(404)
    return TABLES[key]


def _rows(table: Table, form: FormData) -> list[dict[str, str]]:
    """One list of inputs for each column, of equal length."""
    columns = [
        [value for value in form.getlist(field.name) if isinstance(value, str)]
        for field in table.fields
    ]
    names = [field.name for field in table.fields]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=False)]


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Unfit([Problem("Укажите день, с которого это действует", "since")]) from None


def _digest(key: str, rows: Rows, since: date, base: int) -> str:
    """Tells whether what is saved is what was shown."""
    content = json.dumps([key, rows, since.isoformat(), base], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:32]
