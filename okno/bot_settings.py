"""Further bots of one messenger: a second Telegram bot, another VK community.

Each has a name of letters and digits that ends its settings: beside OKNO_VK_TOKEN and
OKNO_VK_GROUP_ID stand OKNO_VK_TOKEN_SOCHI and OKNO_VK_GROUP_ID_SOCHI. Addresses of APIs and limits
are the messenger's and common to its bots.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError

from bots.http_calls import Way
from okno.errors import WrongSetting

if TYPE_CHECKING:
    from okno.settings import Settings

MAIN = "main"
# The settings that are a bot's own, without the messenger's name; its token first.
OWN: Mapping[str, Sequence[str]] = {
    "telegram": ("token", "webhook_secret", "proxy", "ca_file"),
    "vk": ("token", "group_id", "secret", "confirmation", "proxy", "ca_file"),
    "viber": ("token", "name", "proxy", "ca_file"),
    "max": ("token", "secret", "proxy", "ca_file"),
    "ok": ("token", "path_secret", "proxy", "ca_file"),
}
# As the messenger's first bot has them, unless a bot has its own.
_INHERITED = ("proxy", "ca_file")
# What two bots can't have in common: they would be the same one.
_UNIQUE = ("token", "group_id", "path_secret")
_NAME = re.compile(r"[A-Z0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Bot:
    """``settings``: the installation's, with this bot's own in the messenger's places."""

    channel: str
    name: str
    settings: "Settings"

    @property
    def way(self) -> Way:
        """How its messenger is reached."""
        return Way(
            getattr(self.settings, f"{self.channel}_proxy"),
            getattr(self.settings, f"{self.channel}_ca_file"),
        )

    def path(self, webhook: str) -> str:
        """The address of its webhook: the messenger's for the first bot, under it for others."""
        return webhook if self.name == MAIN else f"{webhook}/{self.name}"

    @property
    def title(self) -> str:
        return self.channel if self.name == MAIN else f"{self.channel} {self.name}"


def further_bots(environment: Mapping[str, str], main: "Settings") -> tuple[Bot, ...]:
    """The bots beside the first of each messenger; the checks of each other are the caller's.

    ``environment``: every variable, names in any case. Raises WrongSetting.
    """
    values = {name.upper(): value for name, value in environment.items()}
    found: list[Bot] = []
    for channel, own in OWN.items():
        first = getattr(main, f"{channel}_token")
        for name in _names(channel, own, values):
            token = _variable(channel, "token", name)
            if token not in values:
                other = next(_variable(channel, f, name) for f in own
                             if _variable(channel, f, name) in values)  # fmt: skip
                raise WrongSetting(f"{other}: set without {token}, the bot's token")
            if first is None:
                raise WrongSetting(
                    f"{token}: a further bot; the first one is {_variable(channel, 'token')}"
                )
            given = {
                f"{channel}_{f}": values.get(_variable(channel, f, name))
                for f in own
                if f not in _INHERITED or _variable(channel, f, name) in values
            }
            try:
                settings = type(main)(**given)  # type: ignore[arg-type]
            except ValidationError as error:
                wrong = error.errors(include_url=False, include_input=False)[0]
                field = str(wrong["loc"][0]).removeprefix(f"{channel}_")
                raise WrongSetting(f"{_variable(channel, field, name)}: {wrong['msg']}") from error
            found.append(Bot(channel, name.lower(), settings))
        _check_unique(channel, own, [Bot(channel, MAIN, main), *found])
    return tuple(found)


def with_name(message: str, bot: Bot) -> str:
    """A complaint about the messenger's settings, told of this bot's."""
    for field in sorted(OWN[bot.channel], key=len, reverse=True):
        variable = _variable(bot.channel, field)
        message = re.sub(rf"\b{variable}\b", f"{variable}_{bot.name.upper()}", message)
    return message


def _names(channel: str, own: Sequence[str], values: Iterable[str]) -> list[str]:
    names: dict[str, None] = {}
    for variable in sorted(values):
        for field in own:
            start = f"{_variable(channel, field)}_"
            if not variable.startswith(start):
                continue
            name = variable.removeprefix(start)
            if not _NAME.fullmatch(name) or name == MAIN.upper():
                raise WrongSetting(
                    f"{variable}: «{name}» should be the name of a further bot, "
                    "1-20 Latin letters or digits"
                )
            names[name] = None
    return list(names)


def _check_unique(channel: str, own: Sequence[str], bots: Sequence[Bot]) -> None:
    for field in own:
        if field not in _UNIQUE:
            continue
        seen: dict[object, Bot] = {}
        for bot in (one for one in bots if one.channel == channel):
            value = getattr(bot.settings, f"{channel}_{field}")
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            if value is None:
                continue
            if value in seen:
                raise WrongSetting(
                    f"{with_name(_variable(channel, field), bot)}: the same as another bot's"
                )
            seen[value] = bot


def _variable(channel: str, field: str, name: str = "") -> str:
    return f"OKNO_{channel}_{field}{'_' + name if name else ''}".upper()
