"""The parts of the staff area, as the top of every page offers them."""

from dataclasses import dataclass

from staff.models import Role


@dataclass(frozen=True, slots=True)
class Part:
    """``count``: where the piece comes from that says how much waits there; none without."""

    title: str
    path: str
    icon: str
    roles: frozenset[Role]
    count: str = ""


PARTS = (
    Part(
        "Диалоги",
        "/inbox",
        "messages",
        frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    ),
    Part(
        "Показания",
        "/readings",
        "gauge",
        frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    ),
    Part(
        "Смена",
        "/board",
        "chart-bar",
        frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    ),
    Part("Сотрудники", "/people", "users", frozenset({Role.ADMINISTRATOR})),
    Part(
        "База знаний",
        "/kb",
        "book",
        frozenset({Role.EDITOR, Role.ADMINISTRATOR}),
        count="/kb/reminders/count",
    ),
)


def parts_for(role: Role) -> list[Part]:
    return [part for part in PARTS if role in part.roles]


def home_of(role: Role) -> str:
    """Where a person starts after the login."""
    return parts_for(role)[0].path


def is_in(path: str, part: Part) -> bool:
    return path == part.path or path.startswith(part.path + "/")
