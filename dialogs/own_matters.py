"""«Мои пени» asks about the customer's own account, «как считают пени» about the law."""

import re
from dataclasses import replace
from typing import Final

from nlu import Understanding

# The topic of an article, and the flow that tells the same of the customer's own account.
_OWN: Final = {"faq/penalty": "penalty"}
_POSSESSIVE = re.compile(
    r"\b(?:мо(?:и|их|им|ими|ю|я|ей)|(?:у|с) (?:меня|нас)|наши|наших)\b", re.IGNORECASE
)


def of_his_own(found: Understanding) -> Understanding:
    """The flow instead of the article where the words say whose it is, or name the account.

    «За что мне пени» is answered by the article: its button leads to the flow.
    """
    flow = _OWN.get(found.intent)
    if flow is None:
        return found
    own = _POSSESSIVE.search(found.text) or found.of("account_number")
    return replace(found, intent=flow) if own else found
