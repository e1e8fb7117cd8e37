"""The editors' pages about understanding: models, trainings, check phrases."""

import contextlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import (
    APIRouter,
    File,
    Form,
    HTTPException,
    Query,
    Request,
    Response,
    UploadFile,
)
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base import listing
from knowledge_base.errors import ModelGone, TrainingGone
from knowledge_base.learning import check_set, store
from knowledge_base.learning.models import NluModel, Training, TrainingState
from knowledge_base.learning.service import Learning
from knowledge_base.names import INTENTS
from knowledge_base.names import STATES as VERSION_STATES
from nlu.errors import DataError
from nlu.taxonomy import FAQ, is_faq
from staff import audit
from web.guard import Me
from web.respond import go_to, is_htmx, page
from web.row_id import RowId
from web.shell import shell_of

LARGEST_FILE = 2_000_000
# From and to which per cent of the whole a step goes, and what the editor reads meanwhile.
STEPS = {
    "": (0, 0, "Готовлюсь"),
    "read": (0, 3, "Читаю примеры"),
    "encode": (3, 15, "Читаю примеры"),
    "calibrate": (15, 50, "Учусь на примерах"),
    "fit": (50, 85, "Учусь на примерах"),
    "check": (85, 100, "Проверяю на проверочных фразах"),
}
STATES = {
    TrainingState.QUEUED: "ждёт очереди",
    TrainingState.RUNNING: "идёт обучение",
    TrainingState.DOUBTED: "ждёт Вашего решения",
    TrainingState.DONE: "вступило в силу",
    TrainingState.FAILED: "не получилось",
    TrainingState.CANCELLED: "отменено",
}
NOTICES = {
    "back": "Вернулась предыдущая модель: бот понимает вопросы, как раньше.",
    "gone": "Пока Вы смотрели, здесь уже что-то изменилось.",
    "kept": "Проверочные фразы сохранены.",
}


def add_pages(router: APIRouter, learning: Learning) -> None:
    """Before the pages of articles, whose addresses are numbers."""
    _add_models(router, learning)
    _add_trainings(router, learning)
    _add_check(router, learning)


def _add_models(router: APIRouter, learning: Learning) -> None:
    @router.get("/model")
    async def model(request: Request, done: Annotated[str, Query()] = "") -> Response:
        overview = await learning.overview()
        async with learning.database.read() as session:
            titles = INTENTS | await listing.titles(session)
            articles = await listing.articles_of(
                session, {one.article_id for one in (*overview.open, *overview.recent)}
            )
        authors = {one.author_id for one in overview.recent if one.author_id is not None}
        context = {
            "overview": overview,
            "open": [_shown(one, 0, titles) for one in overview.open],
            "articles": articles,
            "names": titles,
            "people": await shell_of(request).staff.names(authors),
            "states": STATES,
            "notice": NOTICES.get(done),
        }
        return page(request, "knowledge_base/model.html", context)

    @router.post("/model/train")
    async def train(request: Request, me: Me) -> Response:
        await learning.train_again(author_id=me.person_id)
        return go_to(request, "/kb/model")

    @router.post("/model/back")
    async def back(request: Request, me: Me) -> Response:
        try:
            await learning.go_back(author_id=me.person_id)
        except ModelGone:
            return go_to(request, "/kb/model?done=gone")
        return go_to(request, "/kb/model?done=back")


def _add_trainings(router: APIRouter, learning: Learning) -> None:
    @router.get("/trainings/{training_id}")
    async def training(
        request: Request, training_id: RowId, on: Annotated[str, Query()] = ""
    ) -> Response:
        return await _answer(request, learning, training_id, on)

    @router.post("/trainings/{training_id}/confirm")
    async def confirm(
        request: Request, me: Me, training_id: RowId, on: Annotated[str, Form()] = ""
    ) -> Response:
        with contextlib.suppress(TrainingGone):  # the page shows how it stands
            await learning.confirm(training_id, author_id=me.person_id)
        return await _answer(request, learning, training_id, on)

    @router.post("/trainings/{training_id}/cancel")
    async def cancel(
        request: Request, training_id: RowId, on: Annotated[str, Form()] = ""
    ) -> Response:
        with contextlib.suppress(TrainingGone):
            await learning.cancel(training_id)
        return await _answer(request, learning, training_id, on)


async def _answer(request: Request, learning: Learning, training_id: int, on: str) -> Response:
    try:
        training, ahead = await learning.training(training_id)
    except TrainingGone:
        raise HTTPException(404) from None
    async with learning.database.read() as session:
        titles = INTENTS | await listing.titles(session)
        context: dict[str, Any] = {
            "training": _shown(training, ahead, titles), "on": on, "article": None,
        }  # fmt: skip
        if not is_htmx(request):
            return go_to(request, f"/kb/{training.article_id}" if on == "article" else "/kb/model")
        if on == "article" and training.article_id and training.state == TrainingState.DONE:
            context |= await _changed(request, session, training.article_id)
    return page(request, "knowledge_base/fragment_training_answer.html", context)


async def _changed(request: Request, session: AsyncSession, article_id: int) -> dict[str, Any]:
    """What of the edit page differs once a version has come into force."""
    past = await listing.history(session, article_id)
    ids = {version.author_id for version in past if version.author_id is not None}
    return {
        "article": await listing.open_article(session, article_id),
        "history": past,
        "people": await shell_of(request).staff.names(ids),
        "states": VERSION_STATES,
    }


async def training_of(learning: Learning, article_id: int) -> dict[str, Any] | None:
    """What the edit page shows of the training that will publish the article's version."""
    training = await learning.open_of(article_id)
    if training is None:
        return None
    _, ahead = await learning.training(training.id)
    async with learning.database.read() as session:
        titles = INTENTS | await listing.titles(session)
    return _shown(training, ahead, titles)


def _shown(training: Training, ahead: int, titles: Mapping[str, str]) -> dict[str, Any]:
    begin, end, title = STEPS.get(training.step, STEPS[""])
    return {
        "id": training.id,
        "article_id": training.article_id,
        "state": training.state,
        "since": training.created_at,
        "running": training.state in (TrainingState.QUEUED, TrainingState.RUNNING),
        "percent": begin + (end - begin) * training.share // 100,
        "step": title,
        "ahead": ahead,
        "error": training.error,
        "worse": [
            (text, titles.get(expected, expected), titles.get(found, found))
            for text, expected, found in training.worse
        ],
    }


def _add_check(router: APIRouter, learning: Learning) -> None:
    database = learning.database

    @router.get("/check")
    async def overview(
        request: Request,
        intent: Annotated[str, Query(max_length=80)] = "",
        done: Annotated[str, Query()] = "",
    ) -> Response:
        return await _check_page(request, intent, notice=NOTICES.get(done))

    @router.post("/check")
    async def save(
        request: Request,
        me: Me,
        intent: Annotated[str, Form(max_length=80)],
        phrases: Annotated[str, Form(max_length=200_000)] = "",
    ) -> Response:
        async with database.read() as session:
            known = await _intents(session)
            kept = await check_set.by_intent(session)
        if intent not in known and intent not in kept:
            raise HTTPException(404)
        try:
            async with database.write() as tx:
                count = await check_set.replace(tx, intent, phrases.splitlines())
                audit.record(
                    tx, me.person_id, "check.changed", object_kind="intent", object_id=intent,
                    phrases=count,
                )  # fmt: skip
        except DataError as error:
            problem = f"Строка {error.line}: {error.problem}."
            return await _check_page(request, intent, problem=problem, typed=phrases)
        return go_to(request, f"/kb/check?intent={intent}&done=kept")

    @router.get("/check/export.yml")
    async def export() -> Response:
        async with database.read() as session:
            text = check_set.dump(await check_set.by_intent(session))
        headers = {"content-disposition": 'attachment; filename="okno-check.yml"'}
        return Response(text, media_type="application/yaml", headers=headers)

    @router.post("/check/import")
    async def import_(request: Request, me: Me, file: Annotated[UploadFile, File()]) -> Response:
        content = await file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            return await _check_page(request, "", problem="Файл больше 2 МБ.")
        try:
            found = check_set.read_upload(content)
            async with database.write() as tx:
                added = await check_set.add(tx, found)
                audit.record(tx, me.person_id, "check.imported", phrases=added)
        except DataError as error:
            place = f"строка {error.line}: " if error.line else ""
            return await _check_page(
                request, "", problem=f"Файл не подошёл: {place}{error.problem}."
            )
        async with database.read() as session:
            known = await _intents(session)
        strange = sorted({intent for _, intent in found if intent not in known})
        warned = f" Таких тем нет: {', '.join(strange[:5])}. Проверьте имена." if strange else ""
        return await _check_page(request, "", notice=f"Добавлено фраз: {added}.{warned}")

    async def _intents(session: AsyncSession) -> dict[str, str]:
        """Every intent that can be expected, with its Russian name."""
        titles = await listing.titles(session)
        topics = [*FAQ, *(topic for topic in titles if is_faq(topic) and topic not in FAQ)]
        return INTENTS | {topic: titles.get(topic, topic) for topic in topics}

    async def _check_page(
        request: Request,
        intent: str,
        *,
        notice: str | None = None,
        problem: str | None = None,
        typed: str | None = None,
    ) -> Response:
        async with database.read() as session:
            known = await _intents(session)
            phrases = await check_set.by_intent(session)
            active = await store.active(session)
        failing = _failing(active)
        if intent and intent not in known and intent not in phrases:
            raise HTTPException(404)
        context = {
            "rows": [
                (
                    name,
                    known.get(name, name),
                    len(phrases.get(name, ())),
                    len(failing.get(name, ())),
                )
                for name in sorted(
                    known | dict.fromkeys(phrases, ""), key=lambda n: known.get(n, n)
                )
            ],
            "intent": intent,
            "title": known.get(intent, intent),
            "typed": typed if typed is not None else "\n".join(phrases.get(intent, ())),
            "wrong": [(text, known.get(found, found)) for text, found in failing.get(intent, ())],
            "total": sum(map(len, phrases.values())),
            "active": active,
            "notice": notice,
            "problem": problem,
        }
        status = 422 if problem else 200
        return page(request, "knowledge_base/check.html", context, status=status)


def _failing(active: NluModel | None) -> dict[str, list[tuple[str, str]]]:
    """Of each intent, the check phrases that the active model reads wrong, and as what."""
    found: dict[str, list[tuple[str, str]]] = {}
    for text, expected, read in active.failures if active is not None else ():
        found.setdefault(expected, []).append((text, read))
    return found
