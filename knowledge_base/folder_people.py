"""Who keeps and who approves the articles of a folder: named there by login, here by id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.errors import Problem
from knowledge_base.front_matter import ArticleFile, People
from knowledge_base.models import Article
from staff.models import Person
from storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Ids:
    """None: the file names nobody."""

    responsible_id: int | None = None
    approver_id: int | None = None


class Logins:
    def __init__(self, by_id: Mapping[int, str]) -> None:
        self._by_id = by_id

    def of(self, responsible_id: int | None, approver_id: int | None) -> People:
        return People(*(self._by_id.get(one or 0, "") for one in (responsible_id, approver_id)))


async def logins(session: AsyncSession) -> Logins:
    rows = await session.execute(select(Person.id, Person.login))
    return Logins({row.id: row.login for row in rows})


async def find_people(
    session: AsyncSession, articles: Sequence[tuple[Path, ArticleFile]]
) -> tuple[dict[str, Ids], list[tuple[Path, Problem]]]:
    """By topic; and a problem for each login that nobody here has: silently without its approver
    an article would be anybody's to publish."""
    rows = await session.execute(select(Person.login, Person.id))
    ids = {row.login: row.id for row in rows}
    found: dict[str, Ids] = {}
    problems: list[tuple[Path, Problem]] = []
    for path, file in articles:
        named = {"responsible": file.people.responsible, "approver": file.people.approver}
        for field, login in named.items():
            if login and login not in ids:
                message = f"Сотрудника «{login}» здесь нет: заведите его или уберите строку"
                problems.append((path, Problem(message, field, file.lines[field])))
        found[file.topic] = Ids(*(ids.get(login) for login in named.values()))
    return found, problems


async def set_people(tx: Transaction, article_id: int, people: Ids) -> bool:
    """Whether somebody else is named than before."""
    article = await tx.session.get_one(Article, article_id, populate_existing=True)
    before = article.responsible_id, article.approver_id
    after = people.responsible_id or before[0], people.approver_id or before[1]
    article.responsible_id, article.approver_id = after
    return before != after
