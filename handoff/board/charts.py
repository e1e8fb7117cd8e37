"""Bar charts as inline SVG: no library, no styles in the page, readable without colours."""

from collections.abc import Sequence

from markupsafe import Markup, escape

_WIDTH = 480
_HEIGHT = 160
_FOOT = 20
_WIDEST = 48
# So many labels stand beside each other.
_LABELS = 12


def columns(values: Sequence[tuple[str, int]], title: str) -> Markup:
    """Upright bars with their numbers; ``title`` is read by screen readers."""
    top = max((count for _, count in values), default=0) or 1
    step = _WIDTH / max(len(values), 1)
    width = min(step * 0.7, _WIDEST)
    every = -(-len(values) // _LABELS)
    room = _HEIGHT - _FOOT - 16
    parts = []
    for index, (label, count) in enumerate(values):
        height = room * count / top
        middle, y = (index + 0.5) * step, _HEIGHT - _FOOT - height
        if count:
            parts.append(
                f'<rect x="{middle - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" '
                f'height="{height:.1f}" rx="2"/>'
                f'<text class="bd-number" x="{middle:.1f}" y="{y - 4:.1f}">{count}</text>'
            )
        if index % every == 0:
            parts.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 5}">{escape(label)}</text>')
    told = ", ".join(f"{label}: {count}" for label, count in values if count)
    return Markup(  # noqa: S704 (labels are escaped, the rest is numbers)
        f'<svg class="bd-chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}. {escape(told)}">{"".join(parts)}</svg>'
    )
