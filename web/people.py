"""The administrator's pages of ``/people`` and groups."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from sqlalchemy.exc import IntegrityError

from staff import groups, passwords
from staff.errors import LoginTaken, LoginUnsuitable, PersonUnknown
from staff.models import Role
from storage.base import LARGEST_ID
from storage.database import Database
from web.guard import Me, require
from web.pages import ROLE_TITLES
from web.respond import go_to, page
from web.row_id import RowId
from web.shell import shell_of

MOST_OPEN = 100


def people_router(database: Database, *, topics: Mapping[str, str]) -> APIRouter:
    """``topics``: what groups can serve, intents with their Russian names."""
    routes = APIRouter(prefix="/people", dependencies=[Depends(require(Role.ADMINISTRATOR))])

    async def shown(request: Request, *, problem: str = "", told: str = "") -> Response:
        staff = shell_of(request).staff
        async with database.read() as session:
            known = await groups.all_groups(session)
        context = {
            "people": await staff.everybody(),
            "groups": known,
            "roles": ROLE_TITLES,
            "topics": topics,
            "problem": problem,
            "told": told,
        }
        return page(request, "people.html", context, status=422 if problem else 200)

    @routes.get("")
    async def whole(request: Request) -> Response:
        return await shown(request)

    @routes.post("")
    async def add(
        request: Request,
        me: Me,
        login: Annotated[str, Form(max_length=64)],
        name: Annotated[str, Form(min_length=1, max_length=80)],
        role: Annotated[Role, Form()],
    ) -> Response:
        password = passwords.generate()
        try:
            await shell_of(request).staff.add(
                login=login, display_name=name, role=role, password=password, by=me.person_id
            )
        except LoginTaken:
            return await shown(request, problem="Такой логин уже есть.")
        except LoginUnsuitable:
            return await shown(request, problem="Логин: от двух букв или цифр, без пробелов.")
        # Shown once, here: it is kept nowhere.
        return await shown(request, told=f"{name}: логин {login}, пароль {password}")

    @routes.post("/{person_id}")
    async def change(
        request: Request,
        me: Me,
        person_id: RowId,
        name: Annotated[str, Form(min_length=1, max_length=80)],
        role: Annotated[Role, Form()],
        capacity: Annotated[int, Form(ge=0, le=MOST_OPEN)],
        second: Annotated[bool, Form()] = False,
    ) -> Response:
        if person_id == me.person_id and role is not Role.ADMINISTRATOR:
            return await shown(request, problem="Свою роль администратор не меняет.")
        try:
            await shell_of(request).staff.change(
                person_id, display_name=name, role=role, capacity=capacity,
                totp_required=second, by=me.person_id,
            )  # fmt: skip
        except PersonUnknown as error:
            raise HTTPException(404) from error
        return go_to(request, "/people")

    @routes.post("/{person_id}/{act}")
    async def act_on(
        request: Request,
        me: Me,
        person_id: RowId,
        act: Annotated[str, Path(pattern="^(password|logout|off|on|second)$")],
    ) -> Response:
        staff = shell_of(request).staff
        person = next((one for one in await staff.everybody() if one.id == person_id), None)
        if person is None:
            raise HTTPException(404)
        if act in ("off", "on"):
            if person_id == me.person_id:
                return await shown(request, problem="Себя отключить нельзя.")
            await staff.set_active(person.login, act == "on", by=me.person_id)
        elif act == "logout":
            await staff.log_out_everywhere(person_id, by=me.person_id)
        elif act == "second":
            await staff.forget_second_factor(person_id, by=me.person_id)
        else:
            password = passwords.generate()
            await staff.reset_password(person.login, password, by=me.person_id)
            return await shown(request, told=f"{person.display_name}: новый пароль {password}")
        return go_to(request, "/people")

    return routes


def groups_router(database: Database, *, topics: Mapping[str, str]) -> APIRouter:
    """``/groups``: who serves which topics."""
    routes = APIRouter(prefix="/groups", dependencies=[Depends(require(Role.ADMINISTRATOR))])

    @routes.post("")
    async def save(
        request: Request,
        me: Me,
        name: Annotated[str, Form(min_length=1, max_length=80)],
        group: Annotated[int | None, Form(ge=1, le=LARGEST_ID)] = None,
        served: Annotated[list[str] | None, Form()] = None,
        members: Annotated[list[int] | None, Form()] = None,
        default: Annotated[bool, Form()] = False,
        distribute: Annotated[bool, Form()] = False,
    ) -> Response:
        try:
            async with database.write() as tx:
                await groups.save(
                    tx, group, name=name, topics=[one for one in served or () if one in topics],
                    members=members or (), is_default=default, distribute=distribute,
                    by=me.person_id,
                )  # fmt: skip
        except IntegrityError as error:
            raise HTTPException(422) from error
        return go_to(request, "/people#groups")

    return routes
