"""When something is in the way: a page for a browser, a notice for htmx, JSON for programs."""

from dataclasses import dataclass
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from storage.outage import is_unstorable
from web.csrf import SAFE_METHODS, CsrfLost
from web.guard import LoginRequired
from web.respond import home, is_htmx, notify, page
from web.security import path_of, safe_next
from web.shell import shell_of

log = structlog.get_logger(__name__)

STALE_STATUS = 419


@dataclass(frozen=True, slots=True)
class Trouble:
    title: str
    text: str


TROUBLES = {
    400: Trouble("Запрос не понят", "Вернитесь на страницу и попробуйте ещё раз."),
    403: Trouble(
        "Эта страница не для Вашей роли",
        "Если она нужна Вам для работы, попросите доступ у администратора.",
    ),
    404: Trouble("Такой страницы нет", "Возможно, ссылка устарела или в адресе опечатка."),
    405: Trouble("Так эту страницу не открыть", "Вернитесь назад и попробуйте ещё раз."),
    413: Trouble("Слишком большой файл", "Выберите файл поменьше."),
    STALE_STATUS: Trouble(
        "Страница устарела", "Обновите её и отправьте ещё раз: введённое сохранится."
    ),
    422: Trouble("Не всё заполнено верно", "Вернитесь на страницу и проверьте поля."),
    429: Trouble("Слишком часто", "Подождите немного и попробуйте снова."),
    500: Trouble(
        "У нас что-то сломалось",
        "Ошибка записана в журнал. Попробуйте ещё раз через минуту: введённое сохранится.",
    ),
    503: Trouble("Сейчас не получается", "Попробуйте ещё раз через минуту."),
}


def install_handlers(app: FastAPI) -> None:
    app.add_exception_handler(LoginRequired, _login_required)
    app.add_exception_handler(CsrfLost, _csrf_lost)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(Exception, _unexpected)


def answer(request: Request, status: int, headers: dict[str, str] | None = None) -> Response:
    """What is said to whoever asked, with this status."""
    trouble = TROUBLES.get(status) or TROUBLES[400 if status < 500 else 500]
    response: Response
    if is_htmx(request):
        response = notify(
            Response(status_code=status),
            f"{trouble.title}. {trouble.text}",
            "trouble",
            stale=status == STALE_STATUS,
        )
    elif "text/html" in request.headers.get("accept", ""):
        response = page(
            request,
            "error.html",
            {
                "trouble": trouble,
                "status": status,
                "stale": status == STALE_STATUS or request.method not in SAFE_METHODS,
                "back": safe_next(path_of(request.headers.get("referer")), home(request)),
            },
            status=status,
        )
    else:
        response = JSONResponse({"error": trouble.title}, status_code=status)
    response.headers.update(headers or {})
    return response


async def _login_required(request: Request, _error: Exception) -> Response:
    unsent = request.method not in SAFE_METHODS
    # A page's script decides whether it stays (something is typed in it) or goes to the login.
    if is_htmx(request):
        return Response(status_code=401)
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": "Нужно войти"}, status_code=401)
    way_back = path_of(request.headers.get("referer") if unsent else str(request.url))
    return RedirectResponse(_login(way_back, unsent=unsent), status_code=303)


def _login(way_back: str | None, *, unsent: bool) -> str:
    """``unsent``: something typed was not taken; the page will put it back after the login."""
    query = {"next": safe_next(way_back, ""), "unsent": "1" if unsent else ""}
    return "/login?" + urlencode({name: value for name, value in query.items() if value})


async def _csrf_lost(request: Request, _error: Exception) -> Response:
    return answer(request, STALE_STATUS)


async def _http(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    return answer(request, status, getattr(error, "headers", None))


async def _not_valid(request: Request, error: Exception) -> Response:
    """A path whose number can't be one («/kb/abc») names no page."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    return answer(request, 404 if any(one["loc"][0] == "path" for one in found) else 422)


async def _database(request: Request, error: Exception) -> Response:
    """A NUL in a form is the sender's fault, anything else is ours."""
    if not is_unstorable(error):
        raise error
    return answer(request, 400)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("web.page_failed", path=_shape(request), error=type(error).__name__)
    response = answer(request, 500)
    # This answer is made outside of the middleware that adds them.
    shell_of(request).headers.add_to(response.headers)
    return response


def _shape(request: Request) -> str:
    """The route's path, without what stood in it: links to files and some webhooks are secret."""
    return str(getattr(request.scope.get("route"), "path", "?"))
