"""Login, logout, and what a person may change about himself."""

from typing import Annotated
from urllib.parse import urlencode

import segno
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from markupsafe import Markup

from staff.errors import (
    PasswordTooWeak,
    SecretUnreadable,
    SessionUnknown,
    TooManyAttempts,
    WrongCode,
    WrongCredentials,
)
from staff.models import Role
from web import csrf
from web.guard import Me, require
from web.navigation import home_of
from web.respond import go_to, page
from web.row_id import RowId
from web.security import safe_next
from web.shell import shell_of
from web.wording import duration

ROLE_TITLES = {
    Role.OPERATOR: "оператор",
    Role.SUPERVISOR: "старший смены",
    Role.EDITOR: "редактор базы знаний",
    Role.ADMINISTRATOR: "администратор",
}
UNREADABLE = {
    "trouble": {
        "title": "Код входа сейчас не проверить",
        "text": "Изменился ключ установки. Скажите администратору: он вернёт прежний ключ или "
        "сбросит Ваш код входа.",
    },
    "status": "",
    "stale": False,
    "back": "/login",
}
NOTICES = {
    "password": "Пароль изменён. На других устройствах нужно будет войти заново.",
    "session": "Вход завершён. На том устройстве нужно будет войти заново.",
}


def router() -> APIRouter:
    router = APIRouter()
    router.include_router(_login_router())
    router.include_router(_code_router())
    router.include_router(_profile_router())
    return router


def _login_router() -> APIRouter:
    router = APIRouter()

    @router.get("/login")
    async def login_form(
        request: Request,
        next: Annotated[str | None, Query()] = None,
        unsent: Annotated[bool, Query()] = False,
    ) -> Response:
        shell = shell_of(request)
        token = shell.cookie.read(request)
        me = await shell.staff.session(token) if token else None
        if me is not None:
            return go_to(request, safe_next(next, home_of(me.role)))
        return page(request, "login.html", {"next": next or "", "login": "", "unsent": unsent})

    @router.post("/login")
    async def log_in(
        request: Request,
        login: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "",
    ) -> Response:
        shell = shell_of(request)
        csrf.check_origin(request, shell.public_url)
        form = {"next": next, "login": login, "unsent": False}
        try:
            token = await shell.staff.log_in(
                login,
                password,
                address=_address(request),
                user_agent=request.headers.get("user-agent", ""),
                replacing=shell.cookie.read(request),
            )
        except WrongCredentials:
            problem = "Логин или пароль не подходит. Проверьте раскладку и Caps Lock."
            return page(request, "login.html", form | {"problem": problem}, status=422)
        except TooManyAttempts as error:
            problem = _wait(error)
            response = page(request, "login.html", form | {"problem": problem}, status=429)
            response.headers["retry-after"] = str(int(error.wait.total_seconds()) + 1)
            return response
        me = await shell.staff.session(token)
        if me is None:
            query = urlencode({"next": safe_next(next, "")})
            waits = go_to(request, f"/login/code?{query}")
            shell.cookie.set(waits, token)
            return waits
        onward = go_to(request, safe_next(next, home_of(me.role)))
        shell.cookie.set(onward, token)
        return onward

    return router


def _code_router() -> APIRouter:
    """The second step of the login; only the cookie of a right password comes so far."""
    router = APIRouter()

    async def shown(request: Request, next: str, problem: str = "") -> Response:
        shell = shell_of(request)
        try:
            found = await shell.staff.pending(shell.cookie.read(request) or "")
        except SecretUnreadable:
            return page(request, "error.html", UNREADABLE, status=503)
        if found is None:
            return go_to(request, "/login")
        context = {
            "next": next,
            "problem": problem,
            "enrolled": found.enrolled,
            "secret": found.secret,
            "qr": None if found.enrolled else _qr(found.uri),
        }
        return page(request, "login_code.html", context, status=422 if problem else 200)

    @router.get("/login/code")
    async def code_form(request: Request, next: Annotated[str, Query()] = "") -> Response:
        return await shown(request, next)

    @router.post("/login/code")
    async def confirm(
        request: Request,
        code: Annotated[str, Form(max_length=20)] = "",
        next: Annotated[str, Form()] = "",
    ) -> Response:
        shell = shell_of(request)
        csrf.check_origin(request, shell.public_url)
        token = shell.cookie.read(request) or ""
        try:
            whole = await shell.staff.confirm(
                token,
                code,
                address=_address(request),
                user_agent=request.headers.get("user-agent", ""),
            )
        except SecretUnreadable:
            return page(request, "error.html", UNREADABLE, status=503)
        except WrongCode:
            return await shown(request, next, "Код не подошёл. Введите новый из приложения.")
        except TooManyAttempts as error:
            wait = duration(error.wait)
            return await shown(request, next, f"Слишком много попыток. Попробуйте через {wait}.")
        me = await shell.staff.session(whole)
        onward = go_to(request, safe_next(next, home_of(me.role) if me else "/login"))
        shell.cookie.set(onward, whole)
        return onward

    return router


def _qr(uri: str) -> Markup:
    # Drawn by us: nothing in it comes from outside but escaped digits and letters.
    return Markup(segno.make(uri).svg_inline(scale=4, border=2))  # noqa: S704


def _profile_router() -> APIRouter:
    router = APIRouter(dependencies=[Depends(require(*Role))])

    @router.get("/profile")
    async def profile(
        request: Request, me: Me, done: Annotated[str | None, Query()] = None
    ) -> Response:
        return await _profile(request, me, notice=NOTICES.get(done or ""))

    @router.post("/profile/password")
    async def change_password(
        request: Request,
        me: Me,
        current: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        if new != again:
            return await _profile(request, me, again_problem="Пароли не совпадают.")
        try:
            await shell_of(request).staff.change_password(
                me, current=current, new=new, address=_address(request)
            )
        except (WrongCredentials, TooManyAttempts) as error:
            return await _profile(request, me, current_problem=_refusal(error))
        except PasswordTooWeak as error:
            return await _profile(request, me, new_problem=error.reason)
        return go_to(request, "/profile?done=password")

    @router.post("/profile/sessions/{session_id}/end")
    async def end_session(
        request: Request,
        me: Me,
        session_id: RowId,
        password: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            await shell_of(request).staff.end_session(
                me, session_id, password=password, address=_address(request)
            )
        except SessionUnknown as error:
            raise HTTPException(404) from error
        except (WrongCredentials, TooManyAttempts) as error:
            return await _profile(request, me, **{f"session-{session_id}_problem": _refusal(error)})
        return go_to(request, "/profile?done=session")

    @router.post("/profile/logout-everywhere")
    async def log_out_everywhere(
        request: Request, me: Me, password: Annotated[str, Form()] = ""
    ) -> Response:
        shell = shell_of(request)
        try:
            await shell.staff.log_out_myself_everywhere(
                me, password=password, address=_address(request)
            )
        except (WrongCredentials, TooManyAttempts) as error:
            return await _profile(request, me, everywhere_problem=_refusal(error))
        response = go_to(request, "/login")
        shell.cookie.clear(response)
        return response

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        shell = shell_of(request)
        await shell.staff.log_out(shell.cookie.read(request) or "")
        response = go_to(request, "/login")
        shell.cookie.clear(response)
        return response

    return router


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _refusal(error: WrongCredentials | TooManyAttempts) -> str:
    """Why a form that asks for one's own password was not done."""
    return _wait(error) if isinstance(error, TooManyAttempts) else "Текущий пароль не подходит."


def _wait(error: TooManyAttempts) -> str:
    return f"Слишком много попыток. Попробуйте снова через {duration(error.wait)}."


async def _profile(
    request: Request, me: Me, *, notice: str | None = None, **problems: str
) -> Response:
    context = {
        "role_title": ROLE_TITLES[me.role],
        "sessions": await shell_of(request).staff.open_sessions(me),
        "notice": notice,
        "problems": problems,
    }
    return page(request, "profile.html", context, status=422 if problems else 200)
