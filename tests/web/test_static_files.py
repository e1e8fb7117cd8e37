from pathlib import Path

import httpx
import pytest

from web.shell import Shell
from web.static_files import OWN, Static

VENDOR = OWN / "vendor"


async def test_file_under_its_content_is_kept_for_good(
    client: httpx.AsyncClient, shell: Shell
) -> None:
    answer = await client.get(shell.static.url("okno.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert (await client.get("/static/okno.css")).headers["cache-control"] == "no-cache"


async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient) -> None:
    for path in ("../pages.py", "..%2fpages.py", "%2e%2e/pages.py", "....//pages.py", "none.css"):
        assert (await client.get(f"/static/{path}")).status_code == 404, path


def test_changed_file_has_a_new_address(tmp_path: Path) -> None:
    (tmp_path / "inbox.js").write_text("1")
    first = Static({"handoff": tmp_path}).url("handoff/inbox.js")
    (tmp_path / "inbox.js").write_text("2")
    second = Static({"handoff": tmp_path}).url("handoff/inbox.js")
    assert first.startswith("/static/handoff/inbox.js?v=")
    assert first != second


def test_missing_file_is_noticed_when_the_page_is_made() -> None:
    with pytest.raises(FileNotFoundError):
        Static().url("nowhere.js")


def test_every_vendored_file_has_its_notice() -> None:
    notices = (VENDOR / "NOTICES.md").read_text()
    for path in VENDOR.iterdir():
        assert path.name == "NOTICES.md" or f"`{path.name}`" in notices


def test_static_files_stay_modest() -> None:
    assert sum(path.stat().st_size for path in OWN.rglob("*") if path.is_file()) < 900_000


def test_every_icon_that_templates_name_is_in_the_sprite() -> None:
    sprite = (OWN / "icons.svg").read_text()
    for template in (OWN.parent / "templates").glob("*.html"):
        for piece in template.read_text().split('icon("')[1:]:
            name = piece.split('"')[0]
            assert f'<symbol id="{name}"' in sprite, f"{template.name}: {name}"
