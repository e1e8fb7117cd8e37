"""Carries trainings out: one at a time in the whole installation, in a child process.

A training's way is rows, so any process can go on with it after any death: what was running is
queued again, and after three deaths it has failed. What is published is published in one
transaction: the article's version, the active model, the events.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import structlog
from sqlalchemy import select, update

from conversations.events import Events
from knowledge_base.learning import check_set, phrases, store
from knowledge_base.learning.child import Order
from knowledge_base.learning.models import NluModel, Training, TrainingState
from knowledge_base.learning.phrases import BasePhrases
from knowledge_base.learning.publishing import put_in_force
from storage import leases
from storage.database import Database
from storage.signals import Signals

log = structlog.get_logger(__name__)

LEASE = "training"
SIGNAL = "kb.training"
SWEEP_SECONDS = 8.0
RENEW_SECONDS = 2.0
MOST_ATTEMPTS = 3
# A model that takes longer has gone wrong; on one slow core it is about a minute.
LONGEST = timedelta(minutes=30)


class TrainingFailed(Exception):
    """The child could not train; the text is for the editor."""


class Interrupted(Exception):
    """The process ends, or another one has the lease."""


Progress = Callable[[str, float], None]


class Child(Protocol):
    """Trains as ordered: yields what the child tells, line by line. Raises TrainingFailed."""

    def __call__(self, order: Order) -> AsyncIterator[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class _Taken:
    id: int
    version_id: int | None


class Trainer:
    """``holder`` is this process's name in leases."""

    def __init__(
        self,
        database: Database,
        signals: Signals,
        events: Events,
        base: BasePhrases,
        *,
        holder: str,
        child: Child | None = None,
    ) -> None:
        self._database = database
        self._signals = signals
        self._events = events
        self._base = base
        self._holder = holder
        self._child = child or run_child

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; a training under way is given up and begun again by the next process."""
        waiter = self._signals.subscribe(SIGNAL)
        work: asyncio.Task[None] | None = None
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            work = asyncio.create_task(self._work())
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            pause = asyncio.create_task(waiter.wait(SWEEP_SECONDS))
            await asyncio.wait({pause, stopping}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
        stopping.cancel()
        self._signals.unsubscribe(SIGNAL, waiter)
        await leases.release(self._database, LEASE, self._holder)

    async def _work(self) -> None:
        try:
            while await self.run_one():
                pass
        except Exception:
            log.exception("knowledge_base.training_interrupted")

    async def run_one(self) -> bool:
        """Carry out the oldest training that waits; whether there was one."""
        if await leases.acquire(self._database, LEASE, self._holder) is None:
            return False
        taken = await self._take()
        if taken is None:
            return False
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                await self._train(taken)
        except TrainingFailed as error:
            await self._fail(taken.id, str(error))
        except TimeoutError:
            await self._fail(taken.id, "обучение заняло слишком много времени")
        except Interrupted:
            return False
        except Exception as error:
            log.exception("knowledge_base.training_failed", training=taken.id)
            await self._fail(taken.id, f"внутренняя ошибка ({type(error).__name__})")
        return True

    async def _take(self) -> _Taken | None:
        """The holder of the lease alone trains: what still runs was left by a dead process."""
        async with self._database.write() as tx:
            await tx.session.execute(
                update(Training)
                .where(Training.state == TrainingState.RUNNING)
                .values(state=TrainingState.QUEUED)
            )
            row = (
                await tx.session.execute(
                    select(Training)
                    .where(Training.state == TrainingState.QUEUED)
                    .order_by(Training.id)
                    .limit(1)
                )
            ).scalar_one_or_none()
            if row is None:
                return None
            row.attempts += 1
            row.step, row.share = "", 0
            if row.attempts > MOST_ATTEMPTS:
                row.state = TrainingState.FAILED
                row.error = "процесс обучения несколько раз прерывался"
                row.finished_at = tx.now
                self._events.emit(tx, SIGNAL, training_id=row.id)
            else:
                row.state = TrainingState.RUNNING
            taken = _Taken(row.id, row.version_id)
        return taken if row.state == TrainingState.RUNNING else await self._take()

    async def _train(self, taken: _Taken) -> None:
        async with self._database.read() as session:
            articles = await phrases.of_articles(session, with_version=taken.version_id)
            check = await check_set.pairs(session)
            active = await store.active(session)
            check_digest = check_set.digest(check)
            before = None
            if active is not None and check and active.check_digest != check_digest:
                before = await store.content(session, active.id)
        with tempfile.TemporaryDirectory(prefix="okno-training-") as folder:
            out, old = Path(folder) / "model.okno", Path(folder) / "before.okno"
            if before is not None:
                await asyncio.to_thread(old.write_bytes, before)
            order = Order(
                base=[str(path) for path in self._base.paths],
                articles=[list(pair) for pair in articles],
                check=[list(pair) for pair in check],
                before=str(old) if before is not None else "",
                out=str(out),
            )
            told = await self._watch(taken.id, order)
            trained = await asyncio.to_thread(out.read_bytes)
        base_digest = await asyncio.to_thread(lambda: self._base.digest)
        about = {
            "base_digest": base_digest,
            "phrases_digest": phrases.digest(articles),
            "phrases": told["phrases"],
            "check_digest": check_digest,
            "checked": len(check),
            "failures": _failures(check, told["check"]),
        }
        async with self._database.write() as tx:
            model = await store.keep(tx, told["model_id"], trained, about)
            if active is not None and told["before"] is not None:
                await store.note_check(
                    tx, active.id, check_digest=check_digest, checked=len(check),
                    failures=_failures(check, told["before"]),
                )  # fmt: skip
        await self._conclude(taken, model)

    async def _conclude(self, taken: _Taken, model_id: int) -> None:
        """Publish, unless more check phrases fail than now: then the editor is asked."""
        async with self._database.write() as tx:
            training = await tx.session.get_one(Training, taken.id)
            if training.state != TrainingState.RUNNING:
                return  # called off meanwhile
            training.model_id = model_id
            model = await tx.session.get_one(NluModel, model_id)
            active = await store.active(tx.session)
            comparable = active is not None and active.check_digest == model.check_digest
            before = active.failures if active is not None and comparable else model.failures
            failing = {(text, intent) for text, intent, _ in before}
            training.worse = [one for one in model.failures if (one[0], one[1]) not in failing]
            if len(model.failures) > len(before):
                training.state = TrainingState.DOUBTED
            else:
                await put_in_force(tx, self._events, training)
            self._events.emit(tx, SIGNAL, training_id=training.id)

    async def _watch(self, training_id: int, order: Order) -> Mapping[str, Any]:
        """The child's last word; what it tells before is kept for the page. Raises
        TrainingFailed, Interrupted."""
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        last: dict[str, Any] = {}
        told = self._child(order)
        try:
            while True:
                line = asyncio.ensure_future(anext(told, None))
                try:
                    while not line.done():
                        await asyncio.wait({line}, timeout=RENEW_SECONDS)
                        if loop.time() - renewed >= RENEW_SECONDS:
                            renewed = loop.time()
                            await self._renew(training_id, last)
                finally:
                    if not line.done():
                        line.cancel()
                        await asyncio.gather(line, return_exceptions=True)
                found = line.result()
                if found is None:
                    raise TrainingFailed("процесс обучения прервался")
                if "error" in found:
                    raise TrainingFailed(str(found["error"]))
                if "model_id" in found:
                    return found
                last = found
        finally:
            await told.aclose()  # type: ignore[attr-defined]

    async def _renew(self, training_id: int, last: Mapping[str, Any]) -> None:
        if await leases.acquire(self._database, LEASE, self._holder) is None:
            raise Interrupted
        async with self._database.write() as tx:
            row = await tx.session.execute(
                update(Training)
                .where(Training.id == training_id, Training.state == TrainingState.RUNNING)
                .values(
                    step=str(last.get("step", "")), share=int(100 * float(last.get("share", 0)))
                )
                .returning(Training.id)
            )
            if row.scalar_one_or_none() is None:
                raise Interrupted  # called off by the editor

    async def _fail(self, training_id: int, reason: str) -> None:
        async with self._database.write() as tx:
            await tx.session.execute(
                update(Training)
                .where(Training.id == training_id, Training.state == TrainingState.RUNNING)
                .values(state=TrainingState.FAILED, error=reason, finished_at=tx.now)
            )
            self._events.emit(tx, SIGNAL, training_id=training_id)


def _failures(check: list[tuple[str, str]], read: list[str]) -> list[list[str]]:
    return [
        [text, expected, found]
        for (text, expected), found in zip(check, read, strict=True)
        if found != expected
    ]


async def run_child(order: Order) -> AsyncIterator[dict[str, Any]]:
    """The real child; it ends with us."""
    one_core = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "knowledge_base.learning.child",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
        env=os.environ | one_core,
    )  # fmt: skip
    assert process.stdin is not None  # noqa: S101 (for the type checker)
    assert process.stdout is not None  # noqa: S101
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(json.dumps(asdict(order)).encode())
            await process.stdin.drain()
        process.stdin.close()
        async for line in process.stdout:
            yield json.loads(line)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
