"""What strangers can say of where they come from, and whither they want: nothing is believed."""

import httpx
import pytest

from okno.errors import WrongSetting
from okno.settings import load
from tests.security.conftest import ANYBODY, URL, House

EVIL = "evil.example"


async def test_addresses_and_hosts_that_a_stranger_names_are_not_believed(house: House) -> None:
    nobody = house.clients[ANYBODY]
    assert (await nobody.get("/metrics")).status_code == 404
    here = "127.0.0.1"
    forged = {"x-forwarded-for": here, "x-real-ip": here, "forwarded": f"for={here}"}
    assert (await nobody.get("/metrics", headers=forged)).status_code == 404
    transport = httpx.ASGITransport(house.app, client=(here, 1))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as local:
        assert (await local.get("/metrics")).status_code == 200
        # What came through a proxy is not from here, whatever the proxy is.
        assert (await local.get("/metrics", headers=forged)).status_code == 404
    for number in range(40):  # another address each time: it is still the same one
        headers = {"x-forwarded-for": f"198.51.100.{number}", "sec-fetch-site": "same-origin"}
        form = {"login": f"nobody{number}", "password": "не тот пароль"}
        answer = await nobody.post("/login", data=form, headers=headers)
    assert answer.status_code == 429
    hosts = {
        "host": EVIL,
        "x-forwarded-host": EVIL,
        "x-forwarded-proto": "http",
        "x-original-url": "/people",
    }
    assert (await nobody.get("/api/kb/articles?audience=all")).status_code == 200
    # As its OpenAPI document says.
    assert (await nobody.get("/api/kb/articles?audience=nobody")).status_code == 422
    for path in ("/", "/inbox", "/chat", "/login", "/api/kb/articles", "/nowhere"):
        answer = await nobody.get(path, headers=hosts)
        assert EVIL not in answer.headers.get("location", ""), path
        assert EVIL not in answer.text, path
    foreign = {"origin": f"https://{EVIL}", "sec-fetch-site": "cross-site"}
    assert (await nobody.post("/login", data=form, headers=foreign)).status_code == 419


async def test_unknown_login_and_wrong_password_get_the_same_answer(house: House) -> None:
    """Status, headers and words; and both are slowed down after as many attempts."""
    nobody, own = house.clients[ANYBODY], {"sec-fetch-site": "same-origin"}
    seen: dict[str, list[tuple[int, str]]] = {}
    for login in ("a-operator", "a-noperson"):
        for _ in range(6):
            form = {"login": login, "password": "не тот пароль"}
            answer = await nobody.post("/login", data=form, headers=own)
            text = answer.text.replace(login, "…")
            seen.setdefault(login, []).append((answer.status_code, text))
    assert seen["a-operator"] == seen["a-noperson"]
    assert [status for status, _ in seen["a-operator"]] == [422] * 5 + [429]


@pytest.mark.parametrize(
    ("name", "value"),
    [("OKNO_SECRET_KEY", "short"), ("OKNO_PUBLIC_URL", "okno.example"),
     ("OKNO_BILLING_SECRET", "short"), ("OKNO_PROFILE", "../../etc")],
)  # fmt: skip
def test_a_weak_or_wrong_setting_is_refused_at_the_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=name):
        load()
