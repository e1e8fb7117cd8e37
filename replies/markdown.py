"""Small Markdown to what each platform shows. Raw HTML in the source is shown as text."""

import html
import re
from collections.abc import Iterator, Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from replies.channels import Capability, Markup

# Without «code»: a line that only begins with spaces is no program, and its escapes are read.
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("code")
)
_WEB_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "table", "thead", "tbody", "tr",
             "th", "td", "h3", "h4", "code", "blockquote"}  # fmt: skip
_TAG = re.compile(r"<[^>]*>")

# The dialects that share their tags: <b>, <i>, <a>. Sources: Bot API, «HTML style»; dev.max.ru,
# «Форматирование текста».
_TAGGED = {Markup.TELEGRAM_HTML, Markup.MAX_HTML}

Block = Sequence[Token]


def blocks(markdown: str) -> Iterator[Block]:
    """The top-level blocks: paragraphs, lists, tables."""
    current: list[Token] = []
    for token in _MARKDOWN.parse(markdown):
        current.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield current
            current = []


def render_block(block: Block, markup: Markup) -> str:
    """``block`` in the platform's own dialect, escaped; may be empty."""
    if markup is Markup.WEB_HTML:
        rendered = nh3.clean(
            _MARKDOWN.renderer.render(block, _MARKDOWN.options, {}).strip(),
            tags=_WEB_TAGS, link_rel="noopener noreferrer",
            url_schemes={"https", "http", "tel", "mailto"},
        )  # fmt: skip
        # A paragraph of a no-break space is none.
        return rendered if html.unescape(_TAG.sub("", rendered)).strip() else ""
    return "\n".join(_lines(block, markup)).strip()


def cut_block(block: Block, can: Capability) -> list[str]:
    """A block too long for one message: its plain text, cut between lines or words."""
    pieces: list[str] = []
    current = ""
    for word in re.findall(r"\S+\s*", "\n".join(_lines(block, Markup.PLAIN))):
        for cut in _hard_cut(word, can):
            piece = _escape(cut, can.markup)
            if current and visible_length(current + piece.rstrip(), can) > can.text_limit:
                pieces.append(current.rstrip())
                current = piece
            else:
                current += piece
    pieces.append(current.rstrip())
    return [f"<p>{piece}</p>" for piece in pieces] if can.markup is Markup.WEB_HTML else pieces


def visible_length(rendered: str, can: Capability) -> int:
    """Length as the platform counts it: mostly after its own parsing of entities."""
    if can.markup is not Markup.PLAIN and not can.counts_markup:
        rendered = html.unescape(_TAG.sub("", rendered))
    return utf16_length(rendered) if can.utf16 else len(rendered)


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _hard_cut(word: str, can: Capability) -> Iterator[str]:
    """A «word» longer than a message (base64, a row of emoji) is cut between characters."""
    widest = len("&amp;") if can.counts_markup else 2 if can.utf16 else 1
    step = can.text_limit // widest
    for start in range(0, len(word), step):
        yield word[start : start + step]


def _lines(block: Block, markup: Markup) -> Iterator[str]:
    """Messengers have no lists or tables: bullets and «column: value» lines."""
    depth = 0
    counters: list[int] = []
    prefix = ""
    header: list[str] = []
    row: list[str] = []
    in_head = False
    for token in block:
        match token.type:
            case "bullet_list_open":
                depth += 1
                counters.append(0)
            case "ordered_list_open":
                depth += 1
                counters.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
                counters.pop()
            case "list_item_open":
                indent = "  " * (depth - 1)
                if counters[-1]:
                    prefix = f"{indent}{counters[-1]}. "
                    counters[-1] += 1
                else:
                    prefix = f"{indent}• "
            case "thead_open":
                in_head = True
            case "thead_close":
                in_head = False
            case "tr_open":
                row = []
            case "tr_close":
                if in_head:
                    header = row
                else:
                    yield _table_line(header, row, markup)
            case "inline":
                text = _inline(token, markup)
                if header or in_head or _inside_table(block):
                    row.append(text)
                else:
                    first, *rest = text.split("\n")
                    if _is_heading(block):
                        first = _bold(first, markup)
                    yield prefix + first
                    yield from (" " * len(prefix) + line for line in rest)
                    prefix = " " * len(prefix) if depth else ""
            case "fence":
                yield _escape(token.content.rstrip(), markup)


def _inside_table(block: Block) -> bool:
    return block[0].type == "table_open"


def _is_heading(block: Block) -> bool:
    return block[0].type == "heading_open"


def _table_line(header: list[str], row: list[str], markup: Markup) -> str:
    first, *rest = row
    named = [
        f"{name}: {value}" if name else value
        for name, value in zip(header[1:], rest, strict=False)
        if value
    ]
    return f"• {_bold(first, markup)}" + (" — " + "; ".join(named) if named else "")


def _bold(text: str, markup: Markup) -> str:
    return f"<b>{text}</b>" if markup in _TAGGED and text else text


def _escape(text: str, markup: Markup) -> str:
    return text if markup is Markup.PLAIN else html.escape(text, quote=False)


def _inline(token: Token, markup: Markup) -> str:
    rich = markup in _TAGGED
    out: list[str] = []
    link = ""
    link_text_from = 0
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline":
                out.append(_escape(child.content, markup))
            case "softbreak" | "hardbreak":
                out.append("\n")
            case "strong_open" if rich:
                out.append("<b>")
            case "strong_close" if rich:
                out.append("</b>")
            case "em_open" if rich:
                out.append("<i>")
            case "em_close" if rich:
                out.append("</i>")
            case "link_open":
                link = str(child.attrs["href"])
                link_text_from = len(out)
                if rich:
                    out.append(f'<a href="{html.escape(link)}">')
            case "link_close":
                if rich:
                    out.append("</a>")
                elif "".join(out[link_text_from:]) != link:
                    out.append(f" ({link})")
    return "".join(out)
