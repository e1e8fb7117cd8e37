"""An S3-compatible store: one bucket, named in the path, every request's signature counted anew.

Amazon S3 API reference (PutObject, GetObject, HeadObject, DeleteObject, ListObjectsV2) and
«Authenticating Requests (AWS Signature Version 4)».
"""

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from aiohttp import web

from tests.fakes.server import FakePlatform

BUCKET = "okno-files"
REGION = "ru-test-1"
ACCESS_KEY = "access"
SECRET_KEY = "a-secret-of-the-store"
# Fewer than a page of Amazon's: lists of a few files have several pages.
PAGE = 2


@dataclass(frozen=True, slots=True)
class _Authorization:
    """«AWS4-HMAC-SHA256 Credential=…/day/region/s3/aws4_request, SignedHeaders=…, Signature=…»."""

    credential: list[str]
    signed: list[str]
    signature: str


class FakeS3(FakePlatform):
    """``objects``: what lies in the bucket. ``status``: what every request is answered with."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}
        self.status: int | None = None
        self.seen: list[str] = []

    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{bucket}", self._answer)
        app.router.add_route("*", "/{bucket}/{key:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(f"{request.method} {request.rel_url.raw_path}")
        if self.status is not None:
            return web.Response(status=self.status)
        if not _is_ours(request, body):
            return _error(403, "SignatureDoesNotMatch")
        if request.match_info["bucket"] != BUCKET:
            return _error(404, "NoSuchBucket")
        key = request.match_info.get("key", "")
        if not key:
            return self._listed(request)
        if request.method == "PUT":
            self.objects[key] = body
            return web.Response(headers={"etag": _tag(body)})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204)
        content = self.objects.get(key)
        if content is None:
            return _error(404, "NoSuchKey")
        headers = {"etag": _tag(content), "last-modified": "Wed, 18 Nov 2026 09:00:00 GMT"}
        return web.Response(body=content, headers=headers)

    def _listed(self, request: web.Request) -> web.Response:
        begins = request.query.get("prefix", "")
        after = request.query.get("continuation-token", "")
        keys = [key for key in sorted(self.objects) if key.startswith(begins) and key > after]
        page, more = keys[:PAGE], len(keys) > PAGE
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size>"
            "<LastModified>2026-11-18T09:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
            for key in page
        )
        then = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        return web.Response(
            text=f"<ListBucketResult><Name>{BUCKET}</Name><Prefix>{begins}</Prefix>"
            f"<KeyCount>{len(page)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{rows}{then}</ListBucketResult>",
            content_type="application/xml",
        )


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _error(status: int, code: str) -> web.Response:
    return web.Response(
        status=status, text=f"<Error><Code>{code}</Code></Error>", content_type="application/xml"
    )


def _is_ours(request: web.Request, body: bytes) -> bool:
    """Signed with our key, and nothing of it changed on the way."""
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind != "AWS4-HMAC-SHA256":
        return False
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    told = _Authorization(
        parts["Credential"].split("/"), parts["SignedHeaders"].split(";"), parts["Signature"]
    )
    access, day, region, service, end = told.credential
    digest = hashlib.sha256(body).hexdigest()
    if (access, region, service) != (ACCESS_KEY, REGION, "s3"):
        return False
    if request.headers["x-amz-content-sha256"] != digest:
        return False
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(
            parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
        )
    )
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in told.signed)
    asked = "\n".join(
        [request.method, request.rel_url.raw_path, query, headers, ";".join(told.signed), digest]
    )
    to_sign = "\n".join(
        [
            kind,
            request.headers["x-amz-date"],
            "/".join((day, region, service, end)),
            hashlib.sha256(asked.encode()).hexdigest(),
        ]
    )
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, region, service, end, to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(key.hex(), told.signature)
