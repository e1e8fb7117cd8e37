"""Settings and profile in, services out: the one place where rooms are put together."""

import asyncio
import os
import secrets
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import okno.tables  # noqa: F401 (the whole schema, for migrations and foreign keys)
from billing.service import BillingService
from bots.buckets import Rate
from bots.flood import Floods
from bots.intake import Intake
from conversations.events import Events
from conversations.service import Outbox
from handoff.board.supervisors import ChatOfSupervisors
from handoff.errors import WrongHours
from handoff.service import HandoffService
from handoff.working_time.calendar import HoursInForce
from handoff.working_time.hours import OfficeHours
from knowledge_base.company.values import CompanyValues
from knowledge_base.learning.service import Learning
from knowledge_base.service import KnowledgeBase
from media.shelf import FolderShelf, Shelf
from media.store import MediaStore
from okno.company import LiveFacts
from okno.errors import WrongSetting
from okno.money import make_gateway
from okno.profile import Profile
from okno.services import Services
from okno.settings import Settings, secret_key
from okno.settings_media import bucket
from staff.service import StaffService
from storage.clock import Clock
from storage.database import Database
from storage.signals import Signals
from web.hub import EventHub


def assemble(
    settings: Settings, profile: Profile, *, closed: bool = False, clock: Clock | None = None
) -> Services:
    """Nothing is opened or started yet. ``closed``: the profile's other hours."""
    try:
        zone = ZoneInfo(profile.time_zone)
    except ZoneInfoNotFoundError as error:
        raise WrongSetting(f"company.yaml: time_zone: there is no {profile.time_zone!r}") from error
    database_file = sqlite_file(settings)
    if database_file is not None:
        database_file.parent.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url, clock)
    signals = Signals(database)
    events = Events(signals)
    outbox = Outbox(events, signals)
    stop = asyncio.Event()
    try:
        told = profile.hours_closed if closed else profile.hours
        hours = HoursInForce.from_profile(told, zone)
    except WrongHours as error:
        raise WrongSetting(f"profiles/{settings.profile}/company.yaml: hours: {error}") from error
    values = CompanyValues(database, events, profile.tables(), zone)
    billing = BillingService(
        consent=profile.personal_data.asked(),
        mailings=profile.personal_data.mailings_asked(),
        proofs=profile.personal_data.proofs,
    )
    facts = LiveFacts(profile, billing)
    values.on_change(facts.take)

    def variables() -> dict[str, Any]:
        return {**values.variables(), **profile.terms(hours.text())}

    return Services(
        settings=settings,
        profile=profile,
        zone=zone,
        hours=hours,
        office_hours=OfficeHours(database, signals, hours, told),
        holder=_holder(database),
        stop=stop,
        database=database,
        signals=signals,
        events=events,
        outbox=outbox,
        intake=Intake(database, events, signals, _floods(settings, database)),
        billing=billing,
        gateway=make_gateway(settings, profile, database, zone),
        handoff=HandoffService(
            database,
            outbox,
            events,
            hours,
            answer_within=timedelta(minutes=profile.service.answer_minutes),
            idle_close=timedelta(hours=profile.service.idle_close_hours),
            public_only=[
                name
                for name, rule in profile.channels.items()
                if rule.personal_data == "public_only"
            ],
            public=facts.public,
            supervisors=_supervisors(profile),
        ),
        values=values,
        facts=facts,
        knowledge_base=KnowledgeBase(database, variables, zone),
        learning=Learning(database, events, signals),
        staff=StaffService(database, secret=lambda: secret_key(settings)),
        hub=EventHub(database, signals, stop),
        media=MediaStore(database, shelf(settings)),
    )


def shelf(settings: Settings) -> Shelf:
    """Where the bytes of files lie."""
    address = bucket(settings)
    if address is None:
        return FolderShelf(settings.media_dir)
    from media.s3 import S3Shelf

    return S3Shelf(address)


def _floods(settings: Settings, database: Database) -> Floods:
    rate = Rate(settings.chat_burst, timedelta(seconds=settings.chat_seconds))
    return Floods(rate, database.clock)


def _supervisors(profile: Profile) -> ChatOfSupervisors | None:
    chat = profile.supervisors_chat
    if chat is None:
        return None
    return ChatOfSupervisors(chat.channel, chat.chat_id, timedelta(minutes=chat.every_minutes))


def _holder(database: Database) -> str:
    """This process's name in leases. On SQLite there is one process: after a death the next one
    has the leases at once instead of waiting until they expire."""
    if database.is_sqlite:
        return "the only process"
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def sqlite_file(settings: Settings) -> Path | None:
    """The database's file; None on PostgreSQL."""
    if not settings.database_url.startswith("sqlite"):
        return None
    return Path(settings.database_url.split("///", 1)[1])
