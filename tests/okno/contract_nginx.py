"""``deploy/nginx.conf`` in a real nginx before a real process, with a certificate of its own.

    python -m pytest tests/okno/contract_nginx.py

Not collected by a plain run: it needs nginx and openssl.
"""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from nlu.embedded import EmbeddedEngine
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.waiting import until
from tests.running import PASSWORD, RunningOkno, free_port, prepare

CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
SECRET = "secret-of-the-webhook"
PROXY = "127.0.0.1"
# Another machine of the same network, as far as Okno can see.
STRANGER = "127.0.0.9"
# A buffer would hold it back until the next heartbeats have filled it. On a busy machine too.
IMMEDIATELY = 5.0

pytestmark = pytest.mark.skipif(
    not shutil.which("nginx") or not shutil.which("openssl"), reason="no nginx or openssl here"
)


@dataclass(frozen=True, slots=True)
class Front:
    """``url`` and ``plain`` of nginx, ``direct`` of the process behind it."""

    url: str
    plain: str
    direct: RunningOkno
    trust: ssl.SSLContext
    telegram: FakeTelegram

    def browser(self) -> httpx.AsyncClient:
        headers = {"origin": self.url}
        return httpx.AsyncClient(base_url=self.url, verify=self.trust, headers=headers, timeout=30)


@pytest.fixture
async def front(sqlite_url: str, tmp_path: Path, engine: EmbeddedEngine) -> AsyncIterator[Front]:
    await prepare(tmp_path, sqlite_url, engine)
    secure, plain = free_port(), free_port()
    trust = _certificate(tmp_path)
    url = f"https://localhost:{secure}"
    with FakeTelegram() as telegram:
        okno = RunningOkno(
            tmp_path,
            sqlite_url,
            {
                "OKNO_PUBLIC_URL": url,
                "OKNO_TRUSTED_PROXIES": PROXY,
                "OKNO_TELEGRAM_TOKEN": TOKEN,
                "OKNO_TELEGRAM_API_URL": telegram.url,
                "OKNO_TELEGRAM_WEBHOOK_SECRET": SECRET,
            },
        )
        config = _config(tmp_path, okno.port, secure, plain)
        nginx = await asyncio.create_subprocess_exec(
            "nginx", "-p", str(tmp_path), "-c", str(config)
        )
        try:
            await okno.start()
            yield Front(url, f"http://localhost:{plain}", okno, trust, telegram)
        finally:
            okno.end()
            nginx.terminate()
            await nginx.wait()


def _certificate(folder: Path) -> ssl.SSLContext:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "fullchain.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    return ssl.create_default_context(cafile=str(folder / "fullchain.pem"))


def _config(folder: Path, port: int, secure: int, plain: int) -> Path:
    """As the administrator's guide has it changed for one machine, and ports that anybody may
    take."""
    text = CONFIG.read_text(encoding="utf-8")
    for given, here in (
        ("/etc/nginx/certificate/", f"{folder}/"),
        ("http://web:8080", f"http://127.0.0.1:{port}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{secure} "),
        ("events {}", "events {}\nerror_log stderr;\npid nginx.pid;\ndaemon off;"),
        ("http {", "http {\n    access_log off;\n" + "".join(
            f"    {kind}_temp_path {folder}/nginx-{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )),
    ):  # fmt: skip
        assert given in text, given
        text = text.replace(given, here)
    if os.geteuid() == 0:  # the test's folder is nobody else's
        text = f"user root;\n{text}"
    text = re.sub(r"\n *resolver [^;]*;", "", text)
    config = folder / "nginx.conf"
    config.write_text(text, encoding="utf-8")
    return config


async def test_a_working_day_behind_nginx(front: Front) -> None:
    async with front.browser() as browser:
        moved = await browser.get(f"{front.plain}/inbox")
        assert moved.status_code == 301
        assert moved.headers["location"].startswith("https://localhost")

        login = await browser.post("/login", data={"login": "olga", "password": PASSWORD})
        assert login.status_code == 303
        cookie = login.headers["set-cookie"].lower()
        assert "secure" in cookie
        assert "httponly" in cookie
        inbox = await browser.get("/inbox")
        assert inbox.status_code == 200
        assert inbox.headers["strict-transport-security"].startswith("max-age=")
        elsewhere = {"origin": "https://elsewhere.example"}
        strange = await browser.post("/login", data={"login": "olga"}, headers=elsewhere)
        assert strange.status_code == 419

        assert (await browser.get("/healthz")).status_code == 200
        assert (await browser.get("/metrics")).status_code == 404

        await _webhook_and_stream(front, browser)
        token = re.search(r'name="_csrf" value="([^"]+)"', inbox.text)
        assert token is not None
        browser.headers["x-csrf-token"] = token[1]
        await _files(browser)


async def _webhook_and_stream(front: Front, browser: httpx.AsyncClient) -> None:
    """What a customer writes is on an open page at once, not when a buffer is full."""
    update = front.telegram.customer(77).text("позовите человека")
    secret = {"x-telegram-bot-api-secret-token": SECRET}
    assert (await browser.post("/webhooks/telegram", json=update)).status_code in (401, 403)
    async with browser.stream("GET", "/staff/events") as stream:
        assert stream.status_code == 200
        lines = stream.aiter_lines()
        async with asyncio.timeout(30):
            await anext(lines)
        began = time.monotonic()
        taken = await browser.post("/webhooks/telegram", json=update, headers=secret)
        assert taken.status_code == 200
        async with asyncio.timeout(30):
            async for line in lines:
                if line.startswith("data:") and "message" in line:
                    break
        assert time.monotonic() - began < IMMEDIATELY
    await until(lambda: bool(front.telegram.customer(77).reads), "an answer")


async def _files(browser: httpx.AsyncClient) -> None:
    """The largest file passes; what is larger is refused, by us or before us."""
    for size, expected in ((19_000_000, 201), (21_000_000, 413), (30_000_000, 413)):
        content = b"%PDF-1.7\n" + b"0" * size
        sent = await browser.post("/inbox/files", params={"name": "bill.pdf"}, content=content)
        assert sent.status_code == expected, (size, sent.status_code)


async def test_an_address_is_believed_only_from_the_proxy(front: Front) -> None:
    """Wrong passwords stop an address, be the logins different: so it shows whose was seen."""
    pretended = iter(f"198.51.100.{number}" for number in range(256))

    async def stopped(client: httpx.AsyncClient) -> bool:
        for number in range(60):
            answer = await client.post(
                "/login",
                data={"login": f"nobody{number}", "password": "x"},
                headers={"x-forwarded-for": next(pretended)},
            )
            if answer.status_code == 429:
                return True
        return False

    async with front.browser() as client:
        assert await stopped(client), "through nginx everybody could name an address of his own"
    transport = httpx.AsyncHTTPTransport(local_address=STRANGER)
    async with httpx.AsyncClient(
        base_url=front.direct.url, transport=transport, headers={"origin": front.url}
    ) as client:
        assert await stopped(client), "a stranger's own word for his address was believed"
