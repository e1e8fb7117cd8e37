"""Marks for the operators: pressed or typed, and the words after them."""

from collections.abc import Sequence

from dialogs import actions, phrases
from dialogs.actions import MENU_BUTTON, RateAction
from dialogs.assistant.draft import Draft
from dialogs.turn import CommentRating, RateOperator
from nlu import Understanding
from nlu.context import read_rating

# From this on a rating is a good one.
GOOD_RATING = 4
# What is said after a rating and asks nothing.
_OPINIONS = {"thanks", "feedback", "complaint", "abuse", "out_of_scope"}


def typed(draft: Draft) -> RateAction | None:
    """«5 из 5» where the buttons on the screen ask for a mark."""
    marks = {
        label: action
        for label, pressed in draft.choices()
        if isinstance(action := actions.parse(pressed), RateAction)
    }
    return marks.get(str(read_rating(draft.context.text))) if marks else None


def rate(draft: Draft, action: RateAction) -> None:
    draft.effects.append(RateOperator(action.handoff_id, action.score))
    draft.state.rated = action.handoff_id
    draft.say(phrases.RATED_WELL if action.score >= GOOD_RATING else phrases.RATED_BADLY)


def comments(draft: Draft, questions: Sequence[Understanding], *, sure: float) -> bool:
    """Whether the words after a rating belong to it: a clear question is answered as ever."""
    handoff_id, draft.state.rated = draft.state.rated, 0
    clear = (found for found in questions if found.confidence >= sure)
    if any(found.intent not in _OPINIONS for found in clear):
        return False
    draft.effects.append(CommentRating(handoff_id, draft.context.text))
    draft.say(phrases.RATING_COMMENTED, MENU_BUTTON)
    return True
