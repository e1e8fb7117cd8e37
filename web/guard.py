"""Who may see a page. Every staff router has ``require(…)`` at router level:

router = APIRouter(prefix="/inbox", dependencies=[Depends(require(Role.OPERATOR))])

@router.get("")
async def inbox(request: Request, me: Me) -> Response: ...
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, HTTPException
from starlette.requests import Request

from staff.models import Role
from staff.sessions import SignedIn
from web import csrf
from web.shell import shell_of

# A page that fetches its pieces by itself, because something changed, is nobody at work.
UNATTENDED = "x-okno-unattended"


class LoginRequired(Exception):
    """Nobody is logged in."""


def require(*roles: Role) -> Callable[[Request], Awaitable[SignedIn]]:
    """A dependency: the person is logged in, has one of ``roles``, and the form is ours.

    Raises LoginRequired, HTTPException 403, CsrfLost.
    """

    async def guard(request: Request) -> SignedIn:
        shell = shell_of(request)
        # Before anything is read: whatever the page shows contains the changes up to here.
        request.state.events_after = shell.hub.position
        token = shell.cookie.read(request)
        touch = UNATTENDED not in request.headers
        me = await shell.staff.session(token, touch=touch) if token else None
        if me is None:
            raise LoginRequired
        request.state.me = me
        if me.role not in roles:
            raise HTTPException(403)
        await csrf.check(request, me.csrf)
        return me

    return guard


def current(request: Request) -> SignedIn:
    """The person behind the request, behind ``require``."""
    me: SignedIn = request.state.me
    return me


Me = Annotated[SignedIn, Depends(current)]
