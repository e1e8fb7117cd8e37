import httpx
import pytest
from starlette.datastructures import MutableHeaders

from tests.web.conftest import log_in
from web.security import Headers, content_security_policy, path_of, safe_next


@pytest.mark.parametrize(
    "target",
    ["/", "/inbox", "/inbox/7?view=mine&q=%D1%82#last", "/kb/new?title=a%2F%2Fb", "/inbox?at=//x"],
)
def test_paths_of_this_site_are_safe(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "inbox",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/inbox\r\nSet-Cookie: a=b",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        " /inbox",
        "/ /evil.example",
        "/login?next=/login",
        "/logout",
        "//[",
        "/" + "x" * 3000,
    ],
)
def test_anything_else_is_not(target: str | None) -> None:
    assert safe_next(target, "/home") == "/home"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://okno.example/inbox?view=mine", "/inbox?view=mine"),
        ("https://okno.example", ""),
        ("http://[", None),
        (None, None),
    ],
)
def test_path_of_an_address(url: str | None, path: str | None) -> None:
    assert path_of(url) == path


async def test_every_answer_carries_the_headers(client: httpx.AsyncClient) -> None:
    await log_in(client)
    for path in ("/login", "/nowhere", "/static/okno.css", "/inbox/broken"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"


async def test_no_page_has_inline_scripts_or_styles(client: httpx.AsyncClient) -> None:
    pages = [await client.get("/login"), await client.get("/nowhere")]
    await log_in(client)
    pages += [await client.get("/profile"), await client.get("/inbox")]
    for page in pages:
        assert "<script src=" in page.text
        assert page.text.count("<script") == page.text.count("<script src=")
        for forbidden in ("<style", " style=", " onclick=", " hx-on", "javascript:"):
            assert forbidden not in page.text


def test_page_for_a_frame_says_who_may_frame_it() -> None:
    headers = MutableHeaders()
    policy = content_security_policy(frame_ancestors=("https://shop.example",))
    headers["content-security-policy"] = policy
    Headers(https=False).add_to(headers)
    assert "frame-ancestors https://shop.example" in headers["content-security-policy"]
    assert "x-frame-options" not in headers


async def test_staff_pages_are_not_kept(client: httpx.AsyncClient) -> None:
    await log_in(client)
    assert (await client.get("/inbox")).headers["cache-control"] == "no-store"
