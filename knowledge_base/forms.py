"""The edit page's form: from an article to its fields and back."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from knowledge_base.answers import ArticleButton
from knowledge_base.article_text import ArticleText, Audience
from knowledge_base.errors import Problem

# What the target's list says when the button leads to a link.
LINK = "url"


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed. ``problems``: fields that could not be read and keep their former value."""

    text: ArticleText
    base_number: int
    problems: tuple[Problem, ...] = ()


def read(form: FormData, zone: ZoneInfo, former: ArticleText) -> Filled:
    """``form`` has the fields of ``fragment_form.html``; ``former`` is the version begun with."""
    problems: list[Problem] = []
    dates: dict[str, date | datetime | None] = {}
    for name, read_date in (
        ("valid_from", _moment), ("valid_until", _moment), ("review_by", _day)
    ):  # fmt: skip
        typed = _field(form, name).strip()
        try:
            dates[name] = read_date(typed, zone) if typed else None
        except (ValueError, OverflowError):
            dates[name] = getattr(former, name)
            problems.append(Problem("Дата не читается", name))
    audience = _field(form, "audience")
    text = ArticleText(
        title=_field(form, "title"),
        body=_field(form, "body"),
        short=_field(form, "short"),
        questions=tuple(_field(form, "questions").splitlines()),
        buttons=_buttons(form),
        audience=Audience(audience) if audience in list(Audience) else former.audience,
        legal_basis=tuple(_field(form, "legal_basis").splitlines()),
        tags=tuple(_field(form, "tags").split(",")),
    )
    text = replace(text, **dates)  # type: ignore[arg-type]
    base = _field(form, "base")
    number = int(base) if base.isascii() and base.isdigit() and len(base) < 10 else 0
    return Filled(text.tidied(), number, tuple(problems))


def local_input(moment: datetime | None, zone: ZoneInfo) -> str:
    """The value of an ``<input type=datetime-local>``."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") if moment else ""


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _buttons(form: FormData) -> tuple[ArticleButton, ...]:
    """Three lists of equal length; a row without a label and a target is no button."""
    columns = [
        [value for value in form.getlist(name) if isinstance(value, str)]
        for name in ("button_label", "button_target", "button_url")
    ]
    return tuple(
        ArticleButton(label, url=url) if target == LINK else ArticleButton(label, intent=target)
        for label, target, url in zip(*columns, strict=False)
        if label.strip() or url.strip()
    )


def _moment(typed: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(typed)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _day(typed: str, _zone: ZoneInfo) -> date:
    return date.fromisoformat(typed)
