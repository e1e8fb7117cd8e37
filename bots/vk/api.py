"""VK's methods through vkbottle, with an end to every call.

vkbottle repeats an answer that is no JSON for ever, breaks on fields of an error that it does
not know, and by default has one HTTP client for the whole process without a timeout: here
answers are read by ourselves and each bot has its own client.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import ClientTimeout, FormData
from vkbottle import API
from vkbottle.api.response_validator import ABCResponseValidator
from vkbottle.http import AiohttpClient

from bots.http_calls import DIRECT, Way

REQUEST_SECONDS = 20
UPLOAD_SECONDS = 60
PAUSE_SECONDS = 3.0
# «User» and «group authorization failed».
_STRANGERS = {5, 27}

# Its own handler writes past ours, which keep tokens and customers' words out of the logs.
logging.getLogger("vkbottle").handlers.clear()


class NotUnderstood(Exception):
    """The answer is no JSON: a page of a gateway in between, so nobody knows what happened."""


class VkError(Exception):
    """VK's refusal; ``code`` as in the schema's errors.json."""

    def __init__(self, code: int) -> None:
        super().__init__(f"VK {code}")
        self.code = code


class _Answer(ABCResponseValidator):
    async def validate(
        self, method: str, data: dict[str, Any], response: Any, ctx_api: Any
    ) -> dict[str, Any]:
        if isinstance(response, str):
            try:
                response = json.loads(response)
            except (ValueError, RecursionError) as error:
                raise NotUnderstood(method) from error
        if isinstance(response, dict) and isinstance(response.get("error"), dict):
            raise VkError(int(response["error"].get("error_code", 1)))
        if not isinstance(response, dict) or "response" not in response:
            raise NotUnderstood(method)
        return response


class _Client(AiohttpClient):
    """Every request of it goes the bot's own way."""

    def __init__(self, way: Way, **rest: Any) -> None:
        super().__init__(**rest)
        self._way = {"proxy": way.proxy, "ssl": way.trust()}

    def request(
        self, url: str, method: str = "GET", data: dict[str, Any] | None = None, **rest: Any
    ) -> Any:
        return super().request(url, method, data, **{**self._way, **rest})


class VkApi:
    def __init__(self, token: str, api_url: str, way: Way = DIRECT) -> None:
        # Else it takes the fastest JSON that is installed, and one of those refuses what VK sends
        # (half of a pair of surrogates), again and again.
        self._http = _Client(
            way, json_processing_module=json, timeout=ClientTimeout(total=REQUEST_SECONDS)
        )
        self._api = API(token, http_client=self._http)
        self._api.response_validators = [_Answer()]
        self._api.API_URL = f"{api_url.rstrip('/')}/method/"

    async def call(self, method: str, **params: Any) -> Any:
        """The content of ``response``. Raises VkError, NotUnderstood, aiohttp's errors."""
        answer = await self._api.request(method, params)
        return answer["response"]

    async def execute(self, method: str, calls: Sequence[Mapping[str, Any]]) -> list[Any]:
        """One method several times in one request: for each call the content of its
        ``response``, or a VkError. Raises as ``call`` where the request itself failed.

        A call that failed is ``false`` in the list; ``execute_errors`` tells of those in order.
        """
        code = ", ".join(
            f"API.{method}({json.dumps(dict(params), ensure_ascii=False)})" for params in calls
        )
        answer = await self._api.request("execute", {"code": f"return [{code}];"})
        results = answer["response"]
        errors = answer.get("execute_errors") or []
        if (
            not isinstance(results, list)
            or len(results) != len(calls)
            or results.count(False) != len(errors)
        ):
            raise NotUnderstood("execute")
        told = iter(errors)
        return [
            VkError(int(next(told).get("error_code", 1))) if result is False else result
            for result in results
        ]

    async def poll(self, server: str, key: str, ts: int, wait: int) -> dict[str, Any]:
        """One request of Bots Long Poll. Raises NotUnderstood, aiohttp's errors."""
        try:
            answer = await self._http.request_json(
                server,
                method="POST",
                data={"act": "a_check", "key": key, "ts": str(ts), "wait": str(wait)},
                timeout=ClientTimeout(total=wait + 10),
            )
        except ValueError as error:
            raise NotUnderstood("long poll") from error
        if not isinstance(answer, dict):
            raise NotUnderstood("long poll")
        return answer

    async def upload(self, url: str, field: str, content: bytes, name: str) -> dict[str, Any]:
        """Post a file to an upload server. Raises NotUnderstood, aiohttp's errors."""
        form = FormData()
        form.add_field(field, content, filename=name)
        try:
            answer = await self._http.request_json(
                url,
                method="POST",
                data=form,  # type: ignore[arg-type]
                timeout=ClientTimeout(total=UPLOAD_SECONDS),
            )
        except ValueError as error:
            raise NotUnderstood("upload") from error
        if not isinstance(answer, dict):
            raise NotUnderstood("upload")
        return answer

    async def knows_us(self, group_id: int) -> bool:
        """Whether the community's key is good. Raises as ``call``."""
        try:
            await self.call("groups.getById", group_id=group_id)
        except VkError as error:
            if error.code in _STRANGERS:
                return False
            raise
        return True

    async def close(self) -> None:
        await self._http.close()


async def pause() -> None:
    await asyncio.sleep(PAUSE_SECONDS)
