"""What the knowledge base answers with."""

from dataclasses import dataclass

from replies import File


@dataclass(frozen=True, slots=True)
class ArticleButton:
    """A way on from an article: to an intent (a flow or another article) or to a link.

    One of ``intent`` and ``url`` is filled, the other is empty.
    """

    label: str
    intent: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A published article as it reads now: small Markdown with the variables filled in.

    ``files`` are sent after ``text``, ``short_files`` after ``short``; ``page`` is the text with
    its files in their places (``files/<name>``). ``short`` is empty when the full text is short
    enough to stand for itself. ``section``: where it stands in the menu.
    """

    topic: str
    title: str
    text: str
    short: str
    buttons: tuple[ArticleButton, ...]
    version_id: int
    audience: str = "all"
    section: str = ""
    files: tuple[File, ...] = ()
    short_files: tuple[File, ...] = ()
    page: str = ""
