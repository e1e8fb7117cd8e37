"""Every setting of the environment, prefix ``OKNO_``; read once, in the composition."""

import os
import re
import secrets
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from okno import settings_media
from okno.bot_settings import MAIN, OWN, Bot, further_bots, with_name
from okno.errors import WrongSetting

VAR = Path("var")
SHORTEST = 32  # characters of a secret
_BILLING_URL = re.compile(r"https://[^/?#\s]+(/[^?#\s]*)?|http://127\.0\.0\.1(:\d+)?(/[^?#\s]*)?")


PROXY = Field(default=None, pattern=r"^https?://[^/\s]+$")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="OKNO_", env_file=".env", env_file_encoding="utf-8", extra="ignore"
    )

    profile: str = Field(default="demo", pattern=r"^[a-z0-9_-]+$")
    database_url: str = f"sqlite:///{VAR}/okno.db"
    secret_key: SecretStr | None = None
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+$")
    trusted_proxies: str = ""

    # So many messages of one chat are answered at once, and one more every so many seconds; what
    # comes beyond is stored, and answered by silence.
    chat_burst: int = Field(default=60, ge=1)
    chat_seconds: float = Field(default=1.0, gt=0, le=3600)
    # Calls of webhooks without the right secret that one address may make, likewise.
    refused_burst: int = Field(default=30, ge=1)
    refused_seconds: float = Field(default=10.0, gt=0, le=3600)
    # So many conversations a worker process handles at once; it asks billing as often at most.
    worker_conversations: int = Field(default=32, ge=1, le=500)

    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_secret: SecretStr | None = None
    # Telegram's own limit is about 30; more only for accounts that pay for it.
    telegram_per_second: float = Field(default=28.0, ge=1)
    # How a bot's messenger is reached: through a proxy of HTTP, and with whose certificate its own
    # is signed, where the system does not know that one. So for each messenger and each bot.
    telegram_proxy: str | None = PROXY
    telegram_ca_file: Path | None = None

    vk_token: SecretStr | None = None
    vk_group_id: int | None = Field(default=None, gt=0)
    vk_secret: SecretStr | None = None
    vk_confirmation: str | None = None
    vk_api_url: str = "https://api.vk.ru"
    vk_proxy: str | None = PROXY
    vk_ca_file: Path | None = None

    viber_token: SecretStr | None = None
    # As whom we write; the company's short name unless set.
    viber_name: str | None = Field(default=None, max_length=28)
    viber_api_url: str = "https://chatapi.viber.com/pa"
    viber_proxy: str | None = PROXY
    viber_ca_file: Path | None = None

    max_token: SecretStr | None = None
    max_secret: SecretStr | None = None
    max_api_url: str = "https://platform-api2.max.ru"
    max_proxy: str | None = PROXY
    # Its own is signed by Минцифры.
    max_ca_file: Path | None = None

    ok_token: SecretStr | None = None
    # The last part of the webhook's address: Odnoklassniki's requests carry no other proof.
    ok_path_secret: SecretStr | None = None
    ok_api_url: str = "https://api.ok.ru/graph"
    ok_proxy: str | None = PROXY
    ok_ca_file: Path | None = None
    # Its limits are not published.
    ok_per_second: float = Field(default=10.0, gt=0)
    ok_chat_seconds: float = Field(default=1.0, ge=0)

    # The company's billing system (docs/billing-api.yaml); without it our own tables are asked.
    billing_url: str | None = None
    # The common secret of that system and Okno: requests both ways are signed with it.
    billing_secret: SecretStr | None = None

    nlu_engine: Literal["embedded", "rasa"] = "embedded"
    rasa_url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    # A folder with a larger sentence encoder (docs/understanding.md).
    nlu_encoder: Path | None = None

    # Pictures and documents of conversations; every process needs the same folder ...
    media_dir: Path = VAR / "media"
    # ... or the same bucket of an S3-compatible store: s3://bucket or s3://bucket/folder.
    media_url: str | None = None
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key: str | None = None
    s3_secret_key: SecretStr | None = None

    log_format: Literal["auto", "console", "json"] = "auto"

    _further: tuple[Bot, ...] = PrivateAttr(default=())

    def bots(self, channel: str) -> list[Bot]:
        """Every bot of the messenger, the first one first; none where it is not configured."""
        if getattr(self, f"{channel}_token") is None:
            return []
        return [Bot(channel, MAIN, self), *(bot for bot in self._further if bot.channel == channel)]


def load() -> Settings:
    """The settings, checked. Raises WrongSetting with one line that says how to mend it."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = f"OKNO_{'_'.join(str(part) for part in first['loc']).upper()}"
        raise WrongSetting(f"{name}: {first['msg']}") from error
    _check(settings)
    dotenv = {name: value or "" for name, value in dotenv_values(".env").items()}
    settings._further = further_bots({**dotenv, **os.environ}, settings)
    for bot in settings._further:
        try:
            _check_messengers(bot.settings)
        except WrongSetting as wrong:
            raise WrongSetting(with_name(str(wrong), bot)) from wrong
    if settings.nlu_encoder is not None:
        # Training runs in a process of its own and reads the environment, not the .env file.
        os.environ["OKNO_NLU_ENCODER"] = str(settings.nlu_encoder)
    return settings


def _check(settings: Settings) -> None:
    try:
        backend = make_url(settings.database_url).get_backend_name()
    except ArgumentError as error:
        raise WrongSetting(
            "OKNO_DATABASE_URL: write sqlite:///path/okno.db or postgresql://user@host/name"
        ) from error
    if backend not in {"sqlite", "postgresql"}:
        raise WrongSetting(
            f"OKNO_DATABASE_URL: {backend} is not supported; use sqlite or postgresql"
        )
    if backend == "postgresql" and settings.secret_key is None:
        raise WrongSetting(
            "OKNO_SECRET_KEY: required with PostgreSQL, the same for every process; "
            "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if settings.secret_key is not None and len(settings.secret_key.get_secret_value()) < 32:
        raise WrongSetting("OKNO_SECRET_KEY: too short, at least 32 characters")
    if settings.billing_url is not None and not _BILLING_URL.fullmatch(settings.billing_url):
        raise WrongSetting(
            "OKNO_BILLING_URL: write https://billing.example.ru/v1 (http only for 127.0.0.1)"
        )
    if settings.billing_url is not None and not _value(settings.billing_secret):
        raise WrongSetting(
            "OKNO_BILLING_SECRET: required with OKNO_BILLING_URL, the same as the billing system's"
        )
    if settings.billing_secret is not None and len(_value(settings.billing_secret)) < SHORTEST:
        raise WrongSetting(
            f"OKNO_BILLING_SECRET: too short, at least {SHORTEST} characters; the billing system "
            "must have the same"
        )
    _check_understanding(settings)
    settings_media.bucket(settings)
    _check_messengers(settings)


def _check_messengers(settings: Settings) -> None:
    for channel in OWN:
        ca_file: Path | None = getattr(settings, f"{channel}_ca_file")
        if ca_file is not None and not ca_file.is_file():
            raise WrongSetting(f"OKNO_{channel.upper()}_CA_FILE: there is no file {ca_file}")
    _check_telegram(settings)
    _check_vk(settings)
    _check_max(settings)
    _check_ok(settings)


def _check_telegram(settings: Settings) -> None:
    if (
        settings.public_url is not None
        and settings.telegram_token is not None
        and not _value(settings.telegram_webhook_secret)
    ):
        raise WrongSetting(
            "OKNO_TELEGRAM_WEBHOOK_SECRET: required when OKNO_PUBLIC_URL is set "
            "(1-256 letters, digits, _ or -)"
        )
    if (
        settings.telegram_token is not None
        and ":" not in settings.telegram_token.get_secret_value()
    ):
        raise WrongSetting(
            "OKNO_TELEGRAM_TOKEN: does not look like a token; @BotFather gives it as 123456:ABC..."
        )


def _check_understanding(settings: Settings) -> None:
    if settings.nlu_engine == "rasa" and settings.rasa_url is None:
        raise WrongSetting(
            "OKNO_RASA_URL: required with OKNO_NLU_ENGINE=rasa: the address of the Rasa server, "
            "for example http://127.0.0.1:5005"
        )
    if settings.nlu_engine == "embedded" and settings.rasa_url is not None:
        raise WrongSetting("OKNO_RASA_URL: without OKNO_NLU_ENGINE=rasa it has no effect")
    if settings.nlu_encoder is not None and not settings.nlu_encoder.is_dir():
        raise WrongSetting(f"OKNO_NLU_ENCODER: there is no folder {settings.nlu_encoder}")


def _check_max(settings: Settings) -> None:
    secret = _value(settings.max_secret)
    if settings.max_token is None:
        if secret:
            raise WrongSetting("OKNO_MAX_SECRET: set without OKNO_MAX_TOKEN, the bot's token")
        return
    if settings.public_url is not None and not re.fullmatch(r"[A-Za-z0-9_-]{5,256}", secret):
        raise WrongSetting(
            "OKNO_MAX_SECRET: required when OKNO_PUBLIC_URL is set (5-256 letters, digits, _ or -)"
        )


def _check_ok(settings: Settings) -> None:
    secret = _value(settings.ok_path_secret)
    if settings.ok_token is None:
        if secret:
            raise WrongSetting("OKNO_OK_PATH_SECRET: set without OKNO_OK_TOKEN, the group's key")
        return
    if settings.public_url is not None and not re.fullmatch(r"[A-Za-z0-9_-]{16,200}", secret):
        raise WrongSetting(
            "OKNO_OK_PATH_SECRET: required when OKNO_PUBLIC_URL is set: it becomes the last part "
            "of the webhook's address (16-200 letters, digits, _ or -)"
        )


def _check_vk(settings: Settings) -> None:
    others = {
        "OKNO_VK_GROUP_ID": settings.vk_group_id,
        "OKNO_VK_SECRET": settings.vk_secret,
        "OKNO_VK_CONFIRMATION": settings.vk_confirmation,
    }
    if settings.vk_token is None:
        for name, value in others.items():
            if value is not None:
                raise WrongSetting(f"{name}: set without OKNO_VK_TOKEN, the community's key")
        return
    if settings.vk_group_id is None:
        raise WrongSetting(
            "OKNO_VK_GROUP_ID: required with OKNO_VK_TOKEN: the community's number, "
            "as in vk.com/club<number>"
        )
    if settings.public_url is not None:
        if not _value(settings.vk_secret):
            raise WrongSetting(
                "OKNO_VK_SECRET: required when OKNO_PUBLIC_URL is set: the same as in the "
                "community's settings, «Callback API», «Секретный ключ» (up to 50 characters)"
            )
        if not settings.vk_confirmation:
            raise WrongSetting(
                "OKNO_VK_CONFIRMATION: required when OKNO_PUBLIC_URL is set: the string that the "
                "community's settings show at «Callback API», «Строка, которую должен вернуть "
                "сервер»"
            )


def _value(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""


def secret_key(settings: Settings) -> bytes:
    """The key of sessions and signed links; on SQLite one is made in ``var/`` on first use."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = VAR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().encode()
