"""A login that ended under an open page begins anew in another tab of the browser.

``static/login.js`` of the open page asks who is in now and takes over the token of that login,
so that what was typed in the page is sent with the next press.
"""

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from staff.models import Role
from web.guard import Me, require
from web.respond import NOT_KEPT, page


def router() -> APIRouter:
    router = APIRouter(dependencies=[Depends(require(*Role))])

    @router.get("/staff/session")
    async def session(me: Me) -> Response:
        """``{"login", "session", "csrf"}`` of this browser's person; 401 without one."""
        now = {"login": me.login, "session": me.session_id, "csrf": me.csrf}
        return JSONResponse(now, headers=NOT_KEPT)

    @router.get("/login/done")
    async def done(request: Request) -> Response:
        return page(request, "login_done.html")

    return router
