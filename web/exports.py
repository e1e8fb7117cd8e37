"""What is written for a table program to open."""

# OWASP, «CSV Injection»: what makes a cell a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """Text that no table program takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
