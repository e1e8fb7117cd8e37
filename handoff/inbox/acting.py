"""How a press of an operator's is carried out and answered, and what he is told of a refusal."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import HTTPException, Request, Response

from handoff.errors import (
    AnswerOwed,
    AnswerTooLong,
    BillingAway,
    CustomerGone,
    EmptyAnswer,
    HandoffError,
    HandoffUnknown,
    NewerLine,
    NobodyThere,
    NoFilesHere,
    NothingShown,
    NotInThisChannel,
    NotJoined,
    NotWaiting,
    NotWarned,
    NotYours,
    PersonalDataHere,
    ProofWrong,
    SentDifferently,
    StillOpen,
    TooLate,
    TooManyLabels,
    TooManyTries,
    UploadGone,
    WindowOver,
)
from handoff.inbox import labels
from handoff.steps import Operator
from staff.sessions import SignedIn
from web.respond import go_to, is_htmx, notify, page, tell_script
from web.shell import shell_of

CONFLICT = 409
Result = TypeVar("Result")


def operator_of(me: SignedIn) -> Operator:
    return Operator(me.person_id, me.display_name)


async def perform(
    request: Request,
    handoff_id: int,
    act: Awaitable[Result],
    remark: Callable[[Result], str] | None = None,
    detail: Callable[[Result], dict[str, object]] | None = None,
) -> Response:
    """204 for the page's script, the conversation's page for a plain form; 409 when refused.
    ``remark``: what is worth a word about what was done, "" for nothing; ``detail``: what the
    page's script learns of it, as the event «ib:done»."""
    try:
        done = await act
    except HandoffUnknown as error:
        raise HTTPException(404) from error
    except HandoffError as error:
        return await _refused(request, handoff_id, error)
    if is_htmx(request):
        words = remark(done) if remark is not None else ""
        response = Response(status_code=204)
        if words:
            notify(response, words)
        if detail is not None:
            tell_script(response, "ib:done", detail(done))
        return response
    return go_to(request, f"/inbox/{handoff_id}")


async def _refused(request: Request, handoff_id: int, error: HandoffError) -> Response:
    text = await _reason(request, error)
    if is_htmx(request) and isinstance(error, NewerLine):
        newer = {"message": error.message_id, "text": text}
        return tell_script(Response(status_code=CONFLICT), "ib:newer", newer)
    if is_htmx(request):
        return notify(Response(status_code=CONFLICT), text, "trouble")
    trouble = {"title": "Не получилось", "text": text}
    context = {"trouble": trouble, "status": "", "stale": True, "back": f"/inbox/{handoff_id}"}
    return page(request, "error.html", context, status=CONFLICT)


async def _reason(request: Request, error: HandoffError) -> str:
    match error:
        case NotYours(holder=None):
            return "Этот разговор ждёт в очереди. Сначала возьмите его."
        case NotYours(holder=holder):
            names = await shell_of(request).staff.names([holder] if holder else [])
            who = names.get(holder or 0, "коллега")
            return f"Разговор уже взят: отвечает {who}. Ваш текст остался на месте."
        case NotWaiting():
            return "Разговор уже закрыт. Ваш текст остался на месте."
        case EmptyAnswer():
            return "Напишите текст."
        case AnswerTooLong(limit=limit):
            return f"Слишком длинно: можно до {limit} знаков. Разделите на части."
        case CustomerGone(reason=reason):
            return f"{labels.unreachable(reason)} Ваш текст остался на месте."
        case UploadGone():
            return "Файл приложен слишком давно. Уберите его и приложите снова."
        case TooManyLabels(limit=limit):
            return f"На одном разговоре может быть до {limit} меток. Снимите лишние."
        case NoFilesHere():
            return (
                "В этот канал нельзя отправлять файлы: в них могут быть данные клиента. "
                "Позовите клиента в чат на сайте. Ваш текст остался на месте."
            )
        case PersonalDataHere(found=found):
            return (
                f"В этом канале нельзя писать о клиенте: {', '.join(found)}. Уберите это "
                "или позовите клиента в чат на сайте. Ваш текст остался на месте."
            )
        case NotJoined():
            return "Этот разговор уже отсоединён."
        case StillOpen():
            return "Разговор уже открыт у Вас: ответьте в нём. Ваш текст остался на месте."
        case WindowOver(session=session):
            hours = session.total_seconds() // 3600
            return (
                f"В этом мессенджере первыми можно написать только {hours:.0f} часа после "
                "сообщения клиента. Позвоните ему или дождитесь его сообщения."
            )
        case NothingShown():
            return "Отметьте, чем клиент подтвердил личность."
        case BillingAway():
            return "Система расчётов не отвечает, поэтому сверить нельзя. Попробуйте позже."
        case ProofWrong():
            return "Номер счёта и владелец не подошли друг к другу. Проверьте и введите ещё раз."
        case TooManyTries():
            return "Слишком много неверных попыток. Попробуйте через полчаса."
        case NotInThisChannel():
            return (
                "В этом канале нельзя говорить о счёте клиента. "
                "Позовите его в чат на сайте или позвоните."
            )
        case NewerLine(by_customer=by_customer, words=words):
            who = "Клиент написал" if by_customer else "Коллега уже ответил"
            return f"{who}: «{words}». Нажмите ещё раз, чтобы отправить."
        case NotWarned():
            return "Сначала отправьте предупреждение."
        case AnswerOwed():
            return "Скоро истекает время ответа. Сначала ответьте клиенту."
        case TooLate():
            return "Уже отправлено: отменить нельзя."
        case NobodyThere():
            return "Передать некому: выберите другого сотрудника или группу."
        case SentDifferently():
            return (
                "Это сообщение уже ушло в прежнем виде. "
                "Если нужно дополнить, отправьте исправленное ещё раз."
            )
        case _:
            return "Не получилось. Попробуйте ещё раз."
