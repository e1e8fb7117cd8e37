"""The table of what each channel can do in ``docs/channels.md`` is the one in the code."""

from pathlib import Path

from replies.channels import CAPABILITIES, Capability, Markup

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAD = (
    "| channel | events | text | buttons | formatting | pictures, files | edits | typing | phone "
    "| reports | idempotent | may write |"
)


def _row(name: str, can: Capability) -> str:
    unit = "UTF-16 units" if can.utf16 else "characters"
    buttons = f"{can.buttons}, {can.row} in a row" + (
        f", {can.rows} rows" if can.rows < can.buttons else ""
    )
    cells = (
        name,
        can.receives,
        f"{can.text_limit} {unit}",
        buttons,
        "none" if can.markup is Markup.PLAIN else "bold, italic, links",
        f"caption {can.caption_limit}" + ("" if can.document_caption else ", documents 0"),
        "yes" if can.edits else "no",
        "yes" if can.typing else "no",
        "proven" if can.proves_phone else "claimed" if can.claims_phone else "no",
        can.reports or "no",
        "yes" if can.idempotent else "no",
        can.window,
    )
    return f"| {' | '.join(cells)} |"


def test_the_table_in_the_docs_is_the_one_in_the_code() -> None:
    rows = [_row(name, can) for name, can in CAPABILITIES.items() if name != "terminal"]
    expected = "\n".join([HEAD, "|" + "---|" * 12, *rows])
    assert expected in (DOCS / "channels.md").read_text(encoding="utf-8"), f"\n{expected}"
