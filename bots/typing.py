"""«Печатает…» of an operator, passed on to the messenger.

It goes past the queue out: late it would be a lie, and it is not worth a row. Only the process
that sends the account's messages does it; what a messenger answers to it does not matter.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bots.outcome import Parcel, Sender
from bots.stopping import until_stopped
from conversations.models import DeliveryKind
from conversations.typing import NAME
from storage.clock import Clock
from storage.signals import Signals

log = structlog.get_logger(__name__)

# What could not be passed on so soon is not true any more.
FRESH = timedelta(seconds=3)


class TypingRelay:
    """Run it beside the account's delivery; ``leads``: whether that has the lease now."""

    def __init__(
        self,
        signals: Signals,
        clock: Clock,
        sender: Sender,
        *,
        account_id: int,
        leads: Callable[[], bool],
    ) -> None:
        self._signals = signals
        self._clock = clock
        self._sender = sender
        self._account_id = account_id
        self._leads = leads
        self._wanted: dict[str, tuple[int, datetime]] = {}
        self._any = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        self._signals.hear(NAME, self._heard)
        try:
            await until_stopped(stop, self._work())
        finally:
            self._signals.unhear(NAME, self._heard)

    def _heard(self, told: dict[str, Any]) -> None:
        if told["account"] == self._account_id and self._leads():
            self._wanted[told["chat"]] = told["conversation"], self._clock.now()
            self._any.set()

    async def _work(self) -> None:
        while True:
            await self._any.wait()
            chat_id = next(iter(self._wanted))
            conversation_id, asked_at = self._wanted.pop(chat_id)
            if not self._wanted:
                self._any.clear()
            if self._clock.now() - asked_at > FRESH:
                continue
            parcel = Parcel(0, conversation_id, None, chat_id, DeliveryKind.TYPING, {}, 0, 0)
            try:
                await self._sender.send(parcel)
            except Exception:
                log.exception("bots.typing_not_told", channel=self._sender.channel)
