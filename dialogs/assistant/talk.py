"""Talk that asks nothing of the company: greetings, thanks, «вы бот?»."""

from collections.abc import Callable, Mapping
from typing import Any

from dialogs import phrases
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON
from dialogs.assistant import topics
from dialogs.assistant.draft import Draft
from dialogs.assistant.operators import Operators
from dialogs.menu import main_menu

# Needs no answer from an operator and no «не понял» from the assistant.
INTENTS = {
    "greet", "goodbye", "thanks", "affirm", "deny", "cancel", "help", "bot_challenge", "abuse",
}  # fmt: skip


class Talk:
    def __init__(self, operators: Operators, variables: Callable[[], Mapping[str, Any]]) -> None:
        self._operators = operators
        self._variables = variables

    def answer(self, draft: Draft, intent: str) -> None:
        """``intent``: one of ``INTENTS``."""
        company = str(self._variables()["company"]["short_name"])
        match intent:
            case "affirm" | "thanks" | "deny" if draft.asked_helpful:
                topics.rate(draft, draft.asked_helpful, helpful=intent != "deny")
            case "greet" if draft.in_queue:
                self._operators.tell_when(draft)
            case "greet" if not draft.state.greeted:
                draft.replies.append(main_menu(phrases.GREETING.format(company=company)))
            case "greet":
                draft.replies.append(main_menu(phrases.GREETING_AGAIN))
            case "help":
                draft.replies.append(main_menu(phrases.HELP))
            case "goodbye":
                draft.say(phrases.GOODBYE)
            case "thanks":
                draft.say(phrases.THANKS)
            case "affirm":
                draft.say(phrases.AFFIRM_ALONE, MENU_BUTTON)
            case "deny" if draft.in_queue:
                self._operators.keep(draft)
            case "deny":
                draft.say(phrases.DENY_ALONE, MENU_BUTTON, OPERATOR_BUTTON)
            case "cancel" if draft.in_queue:
                self._operators.leave(draft, phrases.LEFT_QUEUE)
            case "cancel":
                draft.say(phrases.NOTHING_TO_CANCEL, MENU_BUTTON)
            case "bot_challenge":
                draft.say(phrases.BOT_CHALLENGE, OPERATOR_BUTTON, MENU_BUTTON)
            case _:
                draft.say(phrases.ABUSE, OPERATOR_BUTTON, MENU_BUTTON)
        draft.state.greeted = True
