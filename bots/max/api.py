"""MAX's methods over httpx. Source: dev.max.ru, «Методы»."""

from typing import Any

import httpx

from bots.http_calls import (
    DIRECT,
    REQUEST_SECONDS,
    UPLOAD_SECONDS,
    Answer,
    NotUnderstood,
    Way,
    answer_of,
)


class MaxError(Exception):
    """MAX's refusal: HTTP status, its own code and words, how long to wait if it says so."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.code = str(answer.body.get("code") or "")
        self.text = str(answer.body.get("message") or "")
        try:
            self.retry_after = float(answer.headers.get("retry-after", ""))
        except ValueError:
            self.retry_after = 0.0
        super().__init__(f"MAX {self.status} {self.code}")


class MaxApi:
    def __init__(self, token: str, api_url: str, way: Way = DIRECT) -> None:
        """Its certificate is signed by Минцифры: not every system knows that one."""
        self._way = way
        self._client = way.client(
            base_url=api_url.rstrip("/"),
            headers={"Authorization": token},
            timeout=REQUEST_SECONDS,
        )

    async def call(
        self, verb: str, path: str, *, params: dict[str, Any] | None = None,
        content: dict[str, Any] | None = None, seconds: float = REQUEST_SECONDS,
    ) -> dict[str, Any]:  # fmt: skip
        """Raises MaxError, NotUnderstood, httpx.HTTPError."""
        return _checked(
            await self._client.request(verb, path, params=params, json=content, timeout=seconds)
        )

    async def upload(self, kind: str, content: bytes, name: str) -> dict[str, Any]:
        """The payload of an attachment. ``kind``: image or file. Raises as ``call``."""
        place = await self.call("POST", "/uploads", params={"type": kind})
        async with self._way.client(timeout=UPLOAD_SECONDS) as client:
            response = await client.post(place["url"], files={"data": (name, content)})
        answer = _checked(response)
        if kind == "image":
            photos = answer.get("photos")
            if not isinstance(photos, dict) or not photos:
                raise NotUnderstood(response.status_code)
            return {"photos": photos}
        return {"token": answer.get("token") or place["token"]}

    async def knows_us(self) -> bool:
        """Whether the token is good. Raises as ``call``."""
        try:
            await self.call("GET", "/me")
        except MaxError as error:
            if error.status == 401:
                return False
            raise
        return True

    async def close(self) -> None:
        await self._client.aclose()


def _checked(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = answer_of(response)
    except NotUnderstood:
        if response.status_code < 500:
            raise
        answer = Answer(response.status_code, {}, response.headers)
    if answer.status >= 400:
        raise MaxError(answer)
    return answer.body
