"""The answer to a topic: its article in the knowledge base; and whether it helped."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from conversations.models import MessageKind, Turn
from dialogs import actions, interim, phrases
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, intent_button
from dialogs.assistant.draft import Draft
from dialogs.assistant.operators import Operators
from dialogs.menu import ways_on
from dialogs.turn import AnswerRated, AnswerShown
from knowledge_base.answers import Answer
from knowledge_base.service import KnowledgeBase
from nlu.taxonomy import OUT_OF_SCOPE
from replies import Button, Reply

# The same question so soon again: the answer was not clear.
SAME_QUESTION = timedelta(minutes=30)
# Under an article about the law: the same for the customer's own account.
_OWN_FIGURES = {
    "faq/penalty": intent_button("Мои пени", "penalty"),
    "faq/payment_methods": intent_button("Оплатить", "pay"),
}


class Topics:
    """``ask_helpful``: «Это помогло?» is asked at most so often in a conversation."""

    def __init__(
        self,
        knowledge_base: KnowledgeBase,
        operators: Operators,
        variables: Callable[[], Mapping[str, Any]],
        ask_helpful: timedelta,
    ) -> None:
        self._knowledge_base = knowledge_base
        self._operators = operators
        self._variables = variables
        self._ask_helpful_every = ask_helpful

    def answer(self, draft: Draft, topic: str) -> None:
        answer = self._knowledge_base.answer(topic)
        if answer is not None:
            repeated = _asked_again(draft, topic)
            draft.effects.append(AnswerShown(topic, answer.version_id))
            article = _article(answer, _OWN_FIGURES.get(topic), repeated=repeated)
            if not repeated:
                article = self._ask_helpful(draft, topic, article)
            if draft.context.kind == MessageKind.PRESS:
                more = [one for one in ways_on(answer) if one not in article.buttons]
                article = replace(article, buttons=(*article.buttons, *more))
            draft.replies.append(article)
            return
        reply = interim.answer(topic, self._variables())
        if reply is not None:
            draft.state.last_topic = topic
            draft.replies.append(reply)
        else:
            # An article that is not published or has expired: its topic is a human's for now.
            outdated = self._knowledge_base.is_outdated(topic)
            self._operators.call(draft, "outdated" if outdated else "human_topic")

    def out_of_scope(self, draft: Draft) -> None:
        if _asked_again(draft, OUT_OF_SCOPE):
            draft.offer_operator(phrases.OUT_OF_SCOPE_AGAIN)
            return
        contacts = self._knowledge_base.answer("info/out_of_scope_contacts")
        text = contacts.text if contacts is not None else ""
        draft.say(f"{phrases.OUT_OF_SCOPE}\n\n{text}".strip(), MENU_BUTTON, OPERATOR_BUTTON)

    def _ask_helpful(self, draft: Draft, topic: str, reply: Reply) -> Reply:
        """«Это помогло?» under the answer, not more often than the profile says."""
        asked, now = draft.state.asked_helpful_at, draft.context.now
        asked_lately = asked and now - datetime.fromisoformat(asked) < self._ask_helpful_every
        if (
            asked_lately
            or draft.several
            or draft.state.flow
            or draft.context.turn != Turn.ASSISTANT
        ):
            return reply
        draft.state.asked_helpful_at, draft.state.asked_helpful = now.isoformat(), topic
        buttons = (*reply.buttons, *actions.helpful_buttons(topic))
        return replace(reply, text=f"{reply.text}\n\n{phrases.DID_IT_HELP}", buttons=buttons)


def rate(draft: Draft, topic: str, *, helpful: bool) -> None:
    """The customer's answer to «Это помогло?»."""
    draft.effects.append(AnswerRated(topic, helpful))
    if helpful:
        draft.say(phrases.HELPED, MENU_BUTTON)
    else:
        draft.offer_operator(phrases.NOT_HELPED)


def _asked_again(draft: Draft, topic: str) -> bool:
    """Whether the last answer was on the same; it is remembered for the next time."""
    repeated = draft.state.last_topic == topic and _is_recent(draft)
    draft.state.last_topic = topic
    draft.state.last_topic_at = draft.context.now.isoformat()
    return repeated


def _is_recent(draft: Draft) -> bool:
    """Whether the same question means that the last answer was not clear: so soon after it, or
    with a press on «Подробнее»."""
    if draft.context.kind == MessageKind.PRESS:
        return True
    at = draft.state.last_topic_at
    return bool(at) and draft.context.now - datetime.fromisoformat(at) < SAME_QUESTION


def _beginning(text: str) -> str:
    """The first paragraph, with the list that it announces."""
    first, *rest = text.split("\n\n", 2)
    return "\n\n".join([first, *rest[:1]]) if first.endswith(":") else first


def _article(answer: Answer, own: Button | None, *, repeated: bool) -> Reply:
    """The short answer first; asked again, the whole one (where there is no shorter one, its
    beginning) and a human."""
    buttons = [
        Button(button.label, url=button.url)
        if button.url
        else intent_button(button.label, button.intent)
        for button in answer.buttons
    ]
    if own is not None and own.action not in {one.action for one in buttons}:
        buttons.insert(0, own)
    text, files = answer.text, answer.files
    if answer.short and not repeated:
        text, files = answer.short, answer.short_files
    elif repeated and not answer.short:
        text = _beginning(answer.text)
    if answer.short and not repeated:
        buttons.append(intent_button("Подробнее", answer.topic))
    if repeated and intent_button("", "operator").action not in {one.action for one in buttons}:
        buttons.append(OPERATOR_BUTTON)
    return Reply(text, tuple(buttons), files)
