"""What a customer is called on the operators' pages, and how he is found by it."""

from conversations.folding import fold

NAMELESS = "Без имени"


def shown(given_name: str | None, display_name: str | None) -> str:
    """The name that the customer gave, else the one of his messenger."""
    return (given_name or "").strip() or (display_name or "").strip() or NAMELESS


def folded(*names: str | None) -> str:
    """For the search."""
    return fold(*names)
