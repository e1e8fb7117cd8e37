"""A text that remembers where each of its characters came from.

Every step of normalisation rewrites the text; entities found in the result must point into what
the customer wrote, so each character carries the span of the original that it stands for.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``text[start:end]`` by ``new``. Edits of one pass must not overlap."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class TrackedText:
    """``text[i]`` stands for ``original[starts[i]:ends[i]]``."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "TrackedText":
        """A text that has not been changed yet."""
        return cls(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets into the original of ``text[start:end]``, which must not be empty."""
        return min(self.starts[start:end]), max(self.ends[start:end])

    def part(self, start: int, end: int) -> "TrackedText":
        """``text[start:end]``."""
        return TrackedText(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def rewrite(self, edits: Iterable[Edit]) -> "TrackedText":
        """Apply the edits, given in the order of the text.

        A replacement of equal length keeps the positions one to one; each character of any other
        replacement stands for the whole of what it replaced.
        """
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        position = 0
        for edit in edits:
            pieces.append(self.text[position : edit.start])
            starts.extend(self.starts[position : edit.start])
            ends.extend(self.ends[position : edit.start])
            pieces.append(edit.new)
            if len(edit.new) == edit.end - edit.start:
                starts.extend(self.starts[edit.start : edit.end])
                ends.extend(self.ends[edit.start : edit.end])
            else:
                whole = self.span(edit.start, edit.end)
                starts.extend([whole[0]] * len(edit.new))
                ends.extend([whole[1]] * len(edit.new))
            position = edit.end
        if not position:
            return self
        pieces.append(self.text[position:])
        starts.extend(self.starts[position:])
        ends.extend(self.ends[position:])
        return TrackedText("".join(pieces), tuple(starts), tuple(ends))
