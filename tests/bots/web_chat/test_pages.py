"""The page, the widget and who may show them."""

import re

import httpx
import pytest

from bots.web_chat import pages
from tests.bots.web_chat.conftest import Customer


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages can't tell the databases apart."""
    return sqlite_url


def _ancestors(response: httpx.Response) -> str:
    found = re.search(r"frame-ancestors ([^;]+)", response.headers["content-security-policy"])
    assert found is not None
    return found[1]


async def test_only_the_widgets_frame_may_stand_in_the_companys_site(stranger: Customer) -> None:
    page = await stranger.http.get("/chat")
    assert _ancestors(page) == "'none'"
    assert page.headers["x-frame-options"] == "DENY"
    frame = await stranger.http.get("/chat?embed=1")
    assert _ancestors(frame) == "'self' https://company.example"
    assert "x-frame-options" not in frame.headers
    assert _ancestors(await stranger.http.get("/chat/demo-site")) == "'none'"


async def test_nothing_runs_that_is_not_a_file_of_ours(stranger: Customer) -> None:
    for path in ("/chat", "/chat?embed=1", "/chat/demo-site"):
        page = await stranger.http.get(path)
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        for script in re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL):
            assert script == ""
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page.text)
        for address in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
            assert address.startswith(("/", "tel:"))


async def test_the_companys_name_is_escaped(stranger: Customer) -> None:
    page = await stranger.http.get("/chat")
    assert "«Энергосбыт &lt;Тест&gt;»" in page.text
    assert "<Тест>" not in page.text


async def test_every_file_the_pages_name_is_there(stranger: Customer) -> None:
    named = set()
    for path in ("/chat", "/chat/demo-site"):
        page = await stranger.http.get(path)
        named |= set(re.findall(r'(?:src|href)="(/[^"]+)"', page.text))
    for script in (pages.FOLDER / "static").glob("*.js"):
        for module in re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8")):
            named.add(f"/static/{pages.ROOM}/{module}")
    assert len(named) > 12
    for address in sorted(named):
        assert (await stranger.http.get(address)).status_code == 200, address


async def test_other_sites_may_load_the_widget_and_nothing_else(stranger: Customer) -> None:
    widget = await stranger.http.get("/widget.js")
    assert widget.headers["content-type"].startswith("text/javascript")
    assert widget.headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("/chat/history", "/chat", "/widget.js"):
        response = await stranger.http.options(
            path,
            headers={
                "origin": "https://evil.example",
                "access-control-request-method": "GET",
                "access-control-request-headers": "x-okno-chat",
            },
        )
        assert "access-control-allow-origin" not in response.headers
