"""The rooms' services, put together once per process; no container, no globals."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.gateway import BillingGateway
from billing.service import BillingService
from bots.intake import Intake
from conversations.events import Events
from conversations.service import Outbox
from dialogs.assistant import Assistant, Rules
from dialogs.beside_operator import BesideOperator
from dialogs.billing_answers import Answers, BillingAnswers
from dialogs.effects import Effects
from dialogs.flow_runner import FlowRunner
from dialogs.pointed_to import POINTED_TO
from dialogs.state import flows
from dialogs.understanding import Reader
from dialogs.worker import Worker
from handoff.inbox.uploads import Uploads
from handoff.service import HandoffService
from handoff.working_time.calendar import WorkingHours
from handoff.working_time.hours import OfficeHours
from knowledge_base.company.values import CompanyValues
from knowledge_base.editing import Editor
from knowledge_base.files.cleaning import FileCleaning
from knowledge_base.files.models import Enclosure
from knowledge_base.learning.phrases import BasePhrases
from knowledge_base.learning.service import Learning
from knowledge_base.learning.trainer import Trainer
from knowledge_base.on_time import OnTime
from knowledge_base.reminders import Reminders
from knowledge_base.service import KnowledgeBase
from media.forgetting import MediaForgetting
from media.links import Links
from media.store import MediaStore
from nlu import Understanding
from okno.company import LiveFacts
from okno.money import close_gateway, mirror, money_answers
from okno.profile import Profile
from okno.rasa import Embedded, RasaReader
from okno.retention import Forgetting
from okno.settings import Settings, secret_key
from staff.service import StaffService
from storage.database import Database
from storage.jobs import JobRunner
from storage.signals import Signals
from web.hub import EventHub

JOBS_PERIOD_SECONDS = 5.0


class EngineReader:
    """The dialogs' way to the engine.

    Reading is computation: it leaves the event loop free, and several threads of it would only
    take the interpreter from each other.
    """

    def __init__(self, engine: Embedded) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="understanding")

    async def read(self, text: str, now: datetime) -> Sequence[Understanding]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._engine.parse_many, text, now)


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    profile: Profile
    zone: ZoneInfo
    hours: WorkingHours
    office_hours: OfficeHours
    holder: str
    stop: asyncio.Event
    database: Database
    signals: Signals
    events: Events
    outbox: Outbox
    intake: Intake
    billing: BillingService
    gateway: BillingGateway
    handoff: HandoffService
    values: CompanyValues
    facts: LiveFacts
    knowledge_base: KnowledgeBase
    learning: Learning
    staff: StaffService
    hub: EventHub
    media: MediaStore

    def links(self) -> Links:
        """Signs links to kept files."""
        return Links(secret_key(self.settings), self.database.clock)

    def uploads(self) -> Uploads:
        """Names the files of operators' drafts."""
        return Uploads(secret_key(self.settings), self.database.clock)

    def variables(self) -> Mapping[str, Any]:
        return self.values.variables() | self.profile.terms(self.hours.text())

    def assistant(
        self,
        engine: Embedded,
        answers: Answers | None = None,
        knowledge_base: KnowledgeBase | None = None,
    ) -> Assistant:
        """``answers``: who answers the flows' queries, billing by default; ``knowledge_base``: the
        published one by default."""
        return Assistant(
            self._reader(engine),
            knowledge_base or self.knowledge_base,
            FlowRunner(
                flows(
                    lambda: self.billing.rules,
                    lambda: self.facts.money_rules,
                    has_mailings=self.billing.has_mailings,
                ),
                answers
                or BillingAnswers(self.database, self.billing, money_answers(self), mirror(self)),
                self.zone,
            ),
            rules=Rules(
                answer=self.profile.understanding.answer,
                guess=self.profile.understanding.guess,
                zone=self.zone,
                personal_data=self.personal_data(),
                links={
                    name: rule.link
                    for name, rule in self.profile.channels.items()
                    if rule.link and rule.personal_data != "closed"
                },
                ask_helpful=timedelta(hours=self.profile.service.ask_helpful_hours),
            ),
            variables=self.variables,
            promise=self.handoff.promises,
            is_open=self.hours.is_open,
            announcements=self.handoff.announcements,
        )

    def personal_data(self) -> dict[str, str]:
        """What each channel may carry; the terminal is the administrator's own machine."""
        rules = {name: rule.personal_data for name, rule in self.profile.channels.items()}
        return {"terminal": "full", **rules}

    def _reader(self, engine: Embedded) -> Reader:
        if self.settings.nlu_engine == "rasa" and self.settings.rasa_url is not None:
            return RasaReader(self.settings.rasa_url, engine)
        return EngineReader(engine)

    def jobs(self) -> JobRunner:
        """Due work of all rooms."""
        handlers = {
            **self.handoff.jobs(),
            **self.forgetting().jobs(),
            **self.media_forgetting().jobs(),
            **self.reminders().jobs(),
            **self.file_cleaning().jobs(),
            **OnTime(self.editor()).jobs(),
        }
        return JobRunner(self.database, handlers, holder=self.holder, period=JOBS_PERIOD_SECONDS)

    def media_forgetting(self) -> MediaForgetting:
        """Files go with the words they came with; those of articles stay."""
        term = timedelta(days=31 * self.profile.retention.conversations_months)
        held = select(Enclosure.digest)
        return MediaForgetting(self.database, self.media, term, held)

    def editor(self) -> Editor:
        return Editor(self.database, self.events, self.learning, self.variables, POINTED_TO)

    def file_cleaning(self) -> FileCleaning:
        return FileCleaning(self.database)

    def reminders(self) -> Reminders:
        return Reminders(self.database, self.events, self.zone)

    def forgetting(self) -> Forgetting:
        return Forgetting(self.database, self.profile.retention, self.zone)

    def trainer(self) -> Trainer:
        return Trainer(self.database, self.signals, self.events, BasePhrases(), holder=self.holder)

    def worker(self, assistant: Assistant) -> Worker:
        return Worker(
            self.database,
            self.signals,
            self.outbox,
            BesideOperator(assistant, self.handoff.promises),
            Effects(self.handoff),
            wait=timedelta(seconds=self.profile.understanding.wait_seconds),
            sure=self.profile.understanding.answer,
            concurrency=self.settings.worker_conversations,
        )

    async def close(self) -> None:
        await self.intake.close()
        await close_gateway(self.gateway)
        await self.signals.close()
        await self.database.close()
