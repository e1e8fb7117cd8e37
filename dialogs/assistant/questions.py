"""The questions of a text: each that is clear is answered, what is not is asked about once."""

import re
from collections.abc import Sequence

from dialogs import phrases
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, intent_button
from dialogs.assistant.draft import Draft
from dialogs.assistant.intents import Intents
from dialogs.assistant.operators import Operators
from dialogs.assistant.rules import Rules
from dialogs.flow_runner import MAX_MISSES
from dialogs.flows.names import surname_alone
from dialogs.menu import label_of
from dialogs.numbers import meanings
from dialogs.state import INTENT_FLOWS
from dialogs.turn import NotUnderstood
from dialogs.waiting import is_number_alone
from dialogs.wordless import is_meaningless
from knowledge_base.service import KnowledgeBase
from nlu import Understanding
from nlu.context import meant, number_after
from replies import Button

MAX_QUESTIONS = 3
MOST_GUESSES = 3
# As short as this, and with nothing asked in it, a text after our question is an answer to it.
_MOST_WORDS = 6
# «Не, 500»: the number before was wrong.
_CORRECTED = re.compile(
    r"^(?:(?:ой|не|нет|стоп|ошибся|ошиблась|ошибка|вернее|точнее|то есть)\W+)+(?=\d)", re.IGNORECASE
)
_NO_ANSWER = {"out_of_scope", "deny", "help"}


class Questions:
    def __init__(
        self, rules: Rules, knowledge_base: KnowledgeBase, intents: Intents, operators: Operators
    ) -> None:
        self._rules = rules
        self._knowledge_base = knowledge_base
        self._intents = intents
        self._operators = operators

    async def answer(self, draft: Draft, questions: Sequence[Understanding]) -> None:
        """Each question is answered [6]; what is not clear is asked once, at the end."""
        text = draft.context.text
        number = _CORRECTED.sub("", text)
        if is_number_alone(number) and draft.in_queue:
            self._operators.keep(draft)
            return
        if is_number_alone(number) and (number == text or number_after(draft.state.last_topic)):
            await self._number_alone(draft, questions[0], number)
            return
        clear = [found for found in questions if self._is_clear(found)]
        if draft.pending and await self._answers_amiss(draft, clear, questions[0]):
            return
        if not clear:
            self._unclear(draft, questions[0])
            return
        draft.state.misses = 0
        draft.several = len({found.intent for found in clear} - {"greet"}) > 1
        answered: set[str] = set()
        # A flow may ask something: what needs no question of ours is answered before it.
        for found in sorted(clear[:MAX_QUESTIONS], key=lambda one: one.intent in INTENT_FLOWS):
            if found.intent in answered or (len(clear) > 1 and found.intent == "greet"):
                continue
            answered.add(found.intent)
            await self._intents.serve(draft, found.intent, found)
            if draft.state.flow and any(one.intent == "operator" for one in clear):
                # Who asks for a human as well is not asked by us.
                draft.state.end_flow()
                draft.replies.pop()
            elif draft.state.flow:
                break  # a flow asks its own question: two at once would confuse

    def _is_clear(self, found: Understanding) -> bool:
        return found.confidence >= self._rules.answer and not is_meaningless(found)

    async def _number_alone(self, draft: Draft, found: Understanding, text: str) -> None:
        """What it is says the last answer, or the customer whom we ask."""
        choices = meanings(found)
        wanted = number_after(draft.state.last_topic)
        if any(intent == wanted for _, intent in choices):
            said = meant(text, wanted, now=self._rules.local(draft.context.now))
            await self._intents.serve(draft, wanted, said)
            return
        draft.state.pending = text
        buttons = [intent_button(label, intent) for label, intent in choices]
        if any(intent == "balance" for _, intent in choices):
            draft.say(phrases.ACCOUNT_ALONE, *buttons, OPERATOR_BUTTON)
        else:
            draft.say(phrases.NUMBER_ALONE.format(number=text.strip()), *buttons, OPERATOR_BUTTON)

    async def _answers_amiss(
        self, draft: Draft, clear: Sequence[Understanding], found: Understanding
    ) -> bool:
        """«Не помню», or a name, where our buttons ask what a number or the words are about:
        a name beside an account's number is its holder's, the rest is asked once more."""
        text = draft.context.text
        link = intent_button("", "link_account").action
        wants_holder = any(action == link for _, action in draft.choices())
        named = wants_holder and (found.of("person") or surname_alone(text))
        # A surname is easily taken for a greeting.
        asks = any(one.intent not in _NO_ANSWER | ({"greet"} if named else set()) for one in clear)
        if clear and all(one.intent == "affirm" for one in clear) and not draft.in_queue:
            self._ask_again(draft)  # «да» to one of several
            return True
        if asks or len(text.split()) > _MOST_WORDS or draft.in_queue:
            return False
        if named:
            now = self._rules.local(draft.context.now)
            both = meant(f"{draft.pending} {text}", "link_account", now=now)
            await self._intents.serve(draft, "link_account", both)
            return True
        draft.effects.append(NotUnderstood())
        draft.state.misses += 1
        if draft.state.misses >= MAX_MISSES:
            draft.state.misses = 0
            self._operators.call(draft, "not_understood")
            return True
        self._ask_again(draft)
        return True

    def _ask_again(self, draft: Draft) -> None:
        draft.state.pending = draft.pending
        buttons = [Button(label, action=action) for label, action in draft.choices()]
        draft.say(phrases.ASKED_AGAIN, *buttons)

    def _unclear(self, draft: Draft, found: Understanding) -> None:
        rubbish = is_meaningless(found)
        if not rubbish:  # no article would help with that
            draft.effects.append(NotUnderstood())
        if draft.in_queue:
            self._operators.keep(draft)
            return
        guesses = [
            ranked.intent
            for ranked in found.ranking[:3]
            if ranked.confidence >= self._rules.guess / 2 and label_of(ranked.intent)
        ]
        draft.state.misses += 1
        if draft.state.misses >= MAX_MISSES:
            draft.state.misses = 0
            self._operators.call(draft, "not_understood")
        elif not rubbish and guesses == ["operator"] and found.confidence >= self._rules.guess:
            draft.offer_operator(phrases.OFFER_OPERATOR)
        elif not rubbish and found.confidence >= self._rules.guess and guesses:
            draft.state.pending = draft.context.text
            others = [intent for intent in guesses if intent != "operator"]
            buttons = self._guess_buttons(draft.context.text, found, others)
            draft.say(phrases.GUESSES, *buttons, OPERATOR_BUTTON)
        else:
            draft.say(phrases.NOT_UNDERSTOOD, MENU_BUTTON, OPERATOR_BUTTON)

    def _guess_buttons(
        self, text: str, found: Understanding, guesses: Sequence[str]
    ) -> list[Button]:
        """The classifier's guesses; where they are few, articles with the customer's words that
        the classifier does not rule out."""
        labels = {intent: label_of(intent) for intent in guesses}
        hints = {ranked.intent: ranked.confidence for ranked in found.ranking}
        for hit in self._knowledge_base.search(text, hints, limit=MOST_GUESSES):
            possible = hints.get(hit.topic, 0.0) >= self._rules.guess / 4
            if possible and len(labels) < MOST_GUESSES:
                labels.setdefault(hit.topic, label_of(hit.topic) or hit.title)
        return [intent_button(label, intent) for intent, label in labels.items()]
