"""What the page is told when something is not taken: a code for it, a sentence for the person."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import structlog
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import override

from storage.outage import is_outage
from web.csrf import CsrfLost
from web.wording import duration

log = structlog.get_logger(__name__)

NOT_KEPT = {"cache-control": "no-store"}


class Refusal(Exception):
    """``str()`` is the sentence. ``wait``: the same request will be taken after that long."""

    def __init__(
        self, status: int, code: str, sentence: str, *, wait: timedelta | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.wait = wait

    def response(self) -> JSONResponse:
        body: dict[str, Any] = {"error": self.code, "message": str(self)}
        headers = dict(NOT_KEPT)
        if self.wait is not None:
            seconds = max(1, -(-int(self.wait.total_seconds() * 1000) // 1000))
            body["wait"] = seconds
            headers["retry-after"] = str(seconds)
        return JSONResponse(body, self.status, headers)


def too_often(wait: timedelta) -> Refusal:
    sentence = f"Слишком много сообщений подряд. Можно продолжить через {duration(wait)}."
    return Refusal(429, "too_often", sentence, wait=wait)


def not_known() -> Refusal:
    return Refusal(401, "not_known", "Разговор не найден. Напишите нам, и мы начнём новый.")


class ChatRoute(APIRoute):
    """Answers refusals and outages of the database; a page keeps the text and tries again."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                return refusal.response()
            except CsrfLost:
                sentence = "Страница чата открыта с другого адреса. Обновите её."
                return Refusal(403, "foreign_page", sentence).response()
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("web_chat.database_out", error=type(error).__name__)
                sentence = "Сейчас не получается принять сообщение. Текст сохранён, повторите."
                return Refusal(503, "unavailable", sentence).response()

        return answer
