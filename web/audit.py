"""``/audit``: the log of who saw and did what, and the Russian words for its codes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from staff import audit
from staff.models import Role
from storage.base import LARGEST_ID
from storage.database import Database
from web.guard import require
from web.respond import page
from web.shell import shell_of

# The choice above the log: what an action begins with.
KINDS = {
    "": "Все действия",
    "account.": "Лицевые счета: просмотр и подтверждение",
    "conversation.": "Чтение переписки",
    "attachment.": "Файлы клиентов",
    "customer.": "Выдача и удаление данных клиента",
    "contact.": "Объединение разговоров клиента",
    "reading.": "Показания",
    "handoff.": "Разговоры",
    "message.": "Сообщения",
    "abuse.": "Оскорбления",
    "announcement.": "Объявления",
    "calendar.": "Часы работы",
    "board.": "Выгрузка показателей",
    "article.": "Статьи",
    "articles.": "Загрузка статей таблицей",
    "values.": "Значения компании",
    "gap.": "Вопросы без ответа",
    "check.": "Проверочные фразы",
    "model.": "Модель понимания",
    "staff.": "Входы и сотрудники",
    "restored.": "Решение после восстановления из копии",
}
ACTIONS = {
    "abuse.lifted": "оскорбления: запрет снят",
    "abuse.stopped": "оскорбления: разговор прекращён",
    "abuse.warned": "оскорбления: клиент предупреждён",
    "account.confirm": "личность организации подтверждена",
    "account.confirmed": "личность клиента подтверждена",
    "account.proof_failed": "личность клиента не подтвердилась",
    "account.refuse": "организации отказано в подтверждении",
    "account.viewed": "лицевые счета: просмотр",
    "announcement.ended": "объявление снято",
    "announcement.made": "объявление опубликовано",
    "article.approved": "статья согласована",
    "article.created": "статья создана",
    "article.file": "файл добавлен к статьям",
    "article.people": "назначены ответственные за статью",
    "article.published": "статья опубликована",
    "article.scheduled": "публикация статьи назначена",
    "article.sent_back": "статья возвращена с согласования",
    "article.submitted": "статья отправлена на согласование",
    "article.withdrawn": "статья снята с публикации",
    "articles.imported": "статьи загружены таблицей",
    "attachment.saved": "файл клиента: сохранение",
    "attachment.viewed": "файл клиента: просмотр",
    "board.exported": "показатели: выгрузка",
    "calendar.changed": "часы работы изменены",
    "check.changed": "проверочные фразы изменены",
    "check.imported": "проверочные фразы загружены",
    "contact.joined": "разговоры объединены: один клиент",
    "contact.parted": "разговоры разъединены",
    "conversation.viewed": "переписка: просмотр",
    "customer.erased": "данные клиента удалены",
    "customer.exported": "данные клиента выгружены",
    "gap.exported": "вопросы без ответа: выгрузка",
    "gap.not_ours": "вопросы без ответа отложены",
    "gap.original_read": "вопрос клиента без маски: просмотр",
    "gap.taught": "вопросы без ответа стали вариантами вопроса",
    "handoff.labelled": "метки обращения изменены",
    "handoff.lent_bill": "бот позван: показать квитанцию",
    "handoff.lent_identity": "бот позван: подтвердить личность",
    "handoff.lent_nothing": "бот отозван",
    "handoff.lent_payment": "бот позван: подготовить оплату",
    "handoff.lent_reading": "бот позван: принять показания",
    "handoff.no_answer": "отмечено: ответ не нужен",
    "handoff.written_first": "сотрудник написал клиенту первым",
    "message.sent_again": "сообщение отправлено снова",
    "model.activated": "модель включена",
    "model.doubts_overruled": "замечания к модели отклонены",
    "model.returned": "возвращена прежняя модель",
    "reading.accept": "показание принято",
    "reading.close": "непереданное показание закрыто",
    "reading.refuse": "показание отклонено",
    "reading.retry": "показание передано снова",
    "restored.discarded": "после восстановления: неотправленное отменено",
    "restored.released": "после восстановления: неотправленное отправлено",
    "staff.activated": "сотрудник включён",
    "staff.added": "сотрудник добавлен",
    "staff.break_begun": "перерыв начат",
    "staff.break_ended": "перерыв окончен",
    "staff.changed": "сотрудник изменён",
    "staff.deactivated": "сотрудник отключён",
    "staff.group_saved": "группа изменена",
    "staff.logged_in": "вход",
    "staff.logged_out": "выход",
    "staff.logged_out_everywhere": "выход на всех устройствах",
    "staff.login_failed": "неверный пароль",
    "staff.password_changed": "пароль сменён",
    "staff.password_reset": "выдан новый пароль",
    "staff.second_factor_reset": "второй фактор сброшен",
    "staff.second_factor_set_up": "второй фактор настроен",
    "staff.session_ended": "завершён вход на другом устройстве",
    "values.saved": "значение компании изменено",
    "values.withdrawn": "значение компании отменено",
}
OBJECTS = {
    "announcement": "объявление",
    "article": "статья",
    "article_file": "файл статьи",
    "attachment": "файл",
    "company_value": "значение",
    "contact": "клиент",
    "conversation": "разговор",
    "gap": "вопрос",
    "group": "группа",
    "handoff": "обращение",
    "intent": "намерение",
    "message": "сообщение",
    "model": "модель",
    "organisation_claim": "заявка организации",
    "person": "сотрудник",
    "reading": "показание",
    "training": "обучение",
}


def audit_router(database: Database) -> APIRouter:
    routes = APIRouter(prefix="/audit", dependencies=[Depends(require(Role.ADMINISTRATOR))])

    @routes.get("")
    async def whole(
        request: Request,
        who: Annotated[str, Query(pattern=r"^[0-9]{0,18}$")] = "",
        kind: Annotated[str, Query(max_length=30)] = "",
        what: Annotated[str, Query(pattern=r"^[a-z_]{0,30}$")] = "",
        number: Annotated[str, Query(max_length=80)] = "",
        before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        prefix = kind if kind in KINDS else ""
        async with database.read() as session:
            found = await audit.entries(
                session,
                person_id=int(who) if who else None,
                prefix=prefix,
                before=before,
                about=(what, number) if what else None,
            )
        context = {
            "entries": found,
            "people": await shell_of(request).staff.everybody(),
            "kinds": KINDS,
            "who": who,
            "kind": prefix,
            "what": what,
            "number": number,
            "titles": ACTIONS,
            "objects": OBJECTS,
            "more": len(found) == audit.PAGE,
        }
        return page(request, "audit.html", context)

    return routes
