"""What ``okno doctor`` finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """``mend`` says what to do; empty when all is well."""

    what: str
    mend: str = ""
