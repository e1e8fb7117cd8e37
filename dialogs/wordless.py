"""What a message without a word says: «👍», «😡». Pure."""

from typing import Final

_PLEASED: Final = frozenset("👍👌🙏❤♥💙💛🧡💚💜😊🙂☺😍🥰😘🤗👏🤝✅🎉🌹💐🌷")
_CROSS: Final = frozenset("😡😠🤬👎💩😤🖕😾")


def meaning(text: str) -> str:
    """``thanks`` or ``abuse`` where all that is drawn says so; empty where it says neither."""
    drawn = {character for character in text if character in _PLEASED or character in _CROSS}
    if drawn and drawn <= _PLEASED:
        return "thanks"
    return "abuse" if drawn and drawn <= _CROSS else ""
