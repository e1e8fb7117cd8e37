"""The demo: a fictional company with accounts, articles and people, filled once, kept for ever."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from sqlalchemy import func, select

from billing.demo import filling as billing_demo
from billing.models import Account
from knowledge_base.markdown_files import import_dir
from okno.services import Services
from okno.settings import VAR
from okno.understanding import ARTICLES
from staff.models import Role

LOGINS = VAR / "demo_logins.json"
PEOPLE = (
    ("olga", "Ольга", Role.OPERATOR),
    ("pavel", "Павел", Role.OPERATOR),
    ("irina", "Ирина", Role.SUPERVISOR),
    ("elena", "Елена", Role.EDITOR),
    ("admin", "Администратор", Role.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True)
class Login:
    login: str
    name: str
    role: str
    password: str


async def fill(services: Services, console: Console) -> list[Login]:
    """Fill what is still empty; the demo's logins with their passwords."""
    await fill_company(services, console)
    return await _people(services)


async def fill_company(services: Services, console: Console, *, accounts: int = 1000) -> None:
    """Articles, accounts with meters, readings, charges and payments."""
    await import_dir(services.database, services.media, ARTICLES, values=services.variables())
    async with services.database.read() as session:
        filled = (await session.execute(select(func.count()).select_from(Account))).scalar_one()
    if not filled:
        today = services.database.clock.now().astimezone(services.zone).date()
        with console.status("Заполняю демо-компанию…"):
            await billing_demo.fill(services.database, today=today, accounts=accounts)


async def _people(services: Services) -> list[Login]:
    if LOGINS.exists():
        return [Login(**row) for row in json.loads(LOGINS.read_text(encoding="utf-8"))]
    logins = []
    for login, name, role in PEOPLE:
        password = secrets.token_urlsafe(9)
        await services.staff.add(login=login, display_name=name, role=role, password=password)
        logins.append(Login(login, name, role, password))
    _write_private(LOGINS, json.dumps([_row(one) for one in logins], ensure_ascii=False))
    return logins


def _row(login: Login) -> dict[str, str]:
    return {
        "login": login.login, "name": login.name, "role": login.role, "password": login.password
    }  # fmt: skip


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def welcome(console: Console, logins: list[Login], address: str, *, telegram: bool) -> None:
    """What a new user needs to see, on one screen."""
    people = "\n".join(
        f"  {one.login:<8} {one.password:<14} {one.name}, {_ROLE_NAMES[Role(one.role)]}"
        for one in logins
    )
    examples = "\n".join(
        f"  {a.number}  {a.holder.surname:<12} {a.shows}" for a in billing_demo.DEMO_ACCOUNTS
    )
    connect = (
        "Telegram подключён."
        if telegram
        else "Telegram: получите токен у @BotFather и запустите\n"
        "  OKNO_TELEGRAM_TOKEN=123456:ABC… make run"
    )
    console.print(
        Panel(
            f"[bold]Чат клиента[/]        {address}/chat\n"
            f"[bold]Виджет на сайте[/]    {address}/chat/demo-site\n"
            f"[bold]Окно оператора[/]     {address}/inbox\n"
            f"[bold]Редактор базы[/]      {address}/kb\n\n"
            f"[bold]Логины сотрудников[/]\n{people}\n\n"
            f"[bold]Лицевые счета для проб[/]\n{examples}\n\n{connect}\n\n"
            "Остановить: Ctrl+C. Данные хранятся в папке var/ и переживают перезапуск.",
            title="Okno — демо",
            border_style="blue",
            expand=False,
        )
    )


_ROLE_NAMES = {
    Role.OPERATOR: "оператор",
    Role.SUPERVISOR: "старший смены",
    Role.EDITOR: "редактор базы знаний",
    Role.ADMINISTRATOR: "администратор",
}
