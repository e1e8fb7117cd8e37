"""How the flows about money name accounts, months and places."""

from datetime import date

from billing.money import NBSP
from billing.views import LinkedAccount

MONTHS = ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь",
          "октябрь", "ноябрь", "декабрь")  # fmt: skip
PLACES = {
    "cabinet": "личный кабинет",
    "site": "сайт",
    "app": "приложение",
    "bank": "банк",
    "office": "касса офиса",
    "qr": "QR-код",
    "sbp": "СБП",
    "post": "почта",
    "terminal": "терминал",
}


def named(account: LinkedAccount) -> str:
    """«Лицевой счёт …5678», or «Счёт «дача» (…5678)»: of which account we speak [16]."""
    if account.nickname:
        return f"Счёт «{account.nickname}» ({account.masked_number})"
    return f"Лицевой счёт {account.masked_number}"


def month_name(month: date) -> str:
    return f"{MONTHS[month.month - 1]}{NBSP}{month.year}"


def place(channel: str) -> str:
    """Where a payment was made; a word of the company's own system stays as it is."""
    return PLACES.get(channel, channel)


def day(on: date) -> str:
    return f"{on:%d.%m.%Y}"
