"""Put the staff area's shell into an application."""

from fastapi import FastAPI

from web import pages, renewing, stream, trouble
from web.bodies import Bounded
from web.security import SecurityHeaders
from web.shell import Shell, put_into


def install(app: FastAPI, shell: Shell) -> None:
    """Login and profile pages, the event stream, static files, answers to trouble, headers.

    Rooms then add their own routers, each behind ``web.guard.require``. ``shell.hub`` is
    started and closed by the caller.
    """
    put_into(app, shell)
    app.include_router(pages.router())
    app.include_router(renewing.router())
    app.include_router(stream.router())
    shell.static.mount(app)
    trouble.install_handlers(app)
    app.add_middleware(Bounded)
    app.add_middleware(SecurityHeaders, headers=shell.headers)
