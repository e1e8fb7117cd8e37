"""What of the assistant goes by the reference tables, for the page that shows it to editors."""

from collections.abc import Mapping
from typing import Any, Final

from dialogs import interim, phrases
from dialogs.menu import label_of
from knowledge_base.company.pages import Reference
from okno.services import Services

_FLOWS: Final = {
    "readings": ("Передача показаний: в какие дни они принимаются",),
    "tariffs": ("Передача показаний: примерная стоимость",),
    "penalty": ("Мои пени: расчёт",),
    "payments": ("Оплата: способы без комиссии",),
    "offices": ("Готовые ответы операторов: {офис}",),
}


def reference(services: Services) -> Reference:
    terms = services.profile.terms(services.hours.text())

    def answers(variables: Mapping[str, Any]) -> dict[str, str]:
        return _answers({**terms, **variables})

    return Reference(services.database, services.values, answers, _FLOWS)


def _answers(variables: Mapping[str, Any]) -> dict[str, str]:
    """Every text of the assistant in which a value of the company can stand, by its name."""
    found = {
        label_of(intent): reply.text
        for intent in interim.INTENTS
        if (reply := interim.answer(intent, variables)) is not None
    }
    company, grid = variables["company"], variables["grid"]
    promise = ""
    return found | {
        "Приветствие": phrases.GREETING.format(company=company["short_name"]),
        "Опасность для жизни": phrases.DANGER.format(
            grid_phone=grid["phone"], grid_name=grid["name"], promise=promise
        ),
        "Где говорить о лицевых счетах нельзя": phrases.NOT_IN_THIS_CHANNEL.format(
            site=company["site"], phone=company["phone"]
        ),
        "Закрытый канал": phrases.CLOSED_CHANNEL.format(
            site=company["site"], phone=company["phone"]
        ),
    }
