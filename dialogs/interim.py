"""Answers for what the assistant does not do itself: whom to ask, and how.

Each ends with «Оператор» and «Меню»: no label of the taxonomy is a dead end.
"""

from collections.abc import Mapping
from typing import Any

from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, intent_button
from replies import Button, Reply

_TEXTS = {
    "appointment": (
        "Записаться на приём поможет оператор. Прийти можно и без записи, вот адреса:\n\n{offices}"
    ),
    "request_status": (
        "Статус обращения подскажет оператор: подготовьте, пожалуйста, его номер или дату. "
        "По телефону: {phone}, {hours}."
    ),
    "notifications": (
        "Напоминания и рассылки включаются в личном кабинете: {cabinet_url}. "
        "Если не получается, поможет оператор."
    ),
    "complaint": (
        "Мне жаль, что так вышло. Чтобы жалобу рассмотрели, её примет оператор: "
        "опишите ему, что случилось и когда."
    ),
    "feedback": "Спасибо, что нашли время написать! Передать отзыв сотрудникам поможет оператор.",
    "power_outage": (
        "Если света нет:\n\n"
        "- проверьте автоматы в щитке и есть ли свет у соседей;\n"
        "- об аварии сообщите сетевой компании: **{grid_phone}** ({grid_name}), круглосуточно. "
        "Она же скажет, когда включат.\n\n"
        "Если видите искры, оборванный провод или пахнет горелым, отойдите и звоните **112**."
    ),
    "planned_outage": (
        "График плановых отключений ведёт сетевая компания: {grid_name}, **{grid_phone}**. "
        "Назовите ей свой адрес."
    ),
}
INTENTS = tuple(_TEXTS)
_BUTTONS: dict[str, tuple[Button, ...]] = {
    "power_outage": (intent_button("Плановые отключения", "planned_outage"),),
}


def answer(intent: str, variables: Mapping[str, Any]) -> Reply | None:
    """The interim answer to ``intent``; None where a flow or an article serves it."""
    text = _TEXTS.get(intent)
    if text is None:
        return None
    company = variables["company"]
    filled = text.format(
        phone=company["phone"],
        cabinet_url=company["cabinet_url"],
        payment_url=company["payment_url"],
        hours=variables["hours"]["text"],
        offices=variables["offices"]["list"],
        grid_name=variables["grid"]["name"],
        grid_phone=variables["grid"]["phone"],
    )
    return Reply(filled, (*_BUTTONS.get(intent, ()), OPERATOR_BUTTON, MENU_BUTTON))
