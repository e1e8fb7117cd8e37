"""The order of looking: danger, marks, an operator's conversation, the flow under way, buttons
named by their words, the question.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from conversations.models import FLOOD, MessageKind
from dialogs import actions, matching, other_channels, phrases, spoken, wordless
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON
from dialogs.assistant import rating
from dialogs.assistant.commands import Commands
from dialogs.assistant.draft import Draft
from dialogs.assistant.enclosed import Enclosed
from dialogs.assistant.flow_turns import FlowTurns
from dialogs.assistant.in_flow import InFlow
from dialogs.assistant.in_queue import InQueue
from dialogs.assistant.intents import Intents
from dialogs.assistant.lent import Lent
from dialogs.assistant.operators import Operators, Promise
from dialogs.assistant.presses import Presses
from dialogs.assistant.questions import Questions
from dialogs.assistant.rules import Rules
from dialogs.assistant.talk import Talk
from dialogs.assistant.topics import Topics
from dialogs.flow_runner import FlowRunner
from dialogs.own_matters import of_his_own
from dialogs.rudeness import beneath_the_words
from dialogs.turn import Context, CustomerWrote, IssueCode, RedeemCode, Response
from dialogs.understanding import Reader
from dialogs.waiting import goes_on
from handoff.board.announcements import Announcements
from knowledge_base.service import KnowledgeBase
from nlu import Understanding
from nlu.context import follow_up
from replies import Reply

MOST_ANNOUNCED = 20
_READING = "submit_reading"


class Assistant:
    """``promise`` tells a customer by when an operator will answer; ``is_open`` whether they work.

    ``variables`` are the company's values that articles use too.
    """

    def __init__(
        self,
        reader: Reader,
        knowledge_base: KnowledgeBase,
        flows: FlowRunner,
        *,
        rules: Rules,
        variables: Callable[[], Mapping[str, Any]],
        promise: Promise,
        is_open: Callable[[datetime], bool],
        announcements: Announcements,
    ) -> None:
        self._reader = reader
        self._rules = rules
        self._variables = variables
        self._announcements = announcements
        self._operators = Operators(variables, promise, is_open)
        topics = Topics(knowledge_base, self._operators, variables, rules.ask_helpful)
        self._talk = talk = Talk(self._operators, variables)
        turns = FlowTurns(flows, self._operators, variables, rules.personal_data)
        intents = Intents(self._operators, topics, talk, turns)
        self._lent = Lent(rules.answer, turns)
        self._presses = Presses(rules, knowledge_base, intents, turns, self._operators, self._lent)
        self._commands = Commands(intents, talk, self._operators)
        self._enclosed = Enclosed(turns, self._operators)
        self._questions = Questions(rules, knowledge_base, intents, self._operators)
        self._in_queue = InQueue(turns, self._operators)
        self._in_flow = InFlow(rules.answer, turns, intents, topics, self._presses, self._operators)

    async def respond(self, context: Context) -> Response:
        draft = Draft(context)
        if self._rules.personal_data.get(context.channel) == "closed":
            self._closed_channel(draft)
        elif context.data.get(FLOOD) and not draft.with_operator:
            draft.say(phrases.TOO_MANY_AT_ONCE)
        else:
            await self._read(draft)
            await self._announce(draft)
        return draft.response()

    def give_up(self, context: Context) -> Response:
        """A message that failed again and again: an apology, and a human reads it."""
        draft = Draft(context)
        draft.state.end_flow()
        self._operators.call(draft, "failure")
        return draft.response()

    async def _read(self, draft: Draft) -> None:
        if draft.with_operator or draft.context.text.strip():
            self._enclosed.too_large(draft)
        match draft.context.kind:
            case MessageKind.TEXT:
                await self._text(draft)
            case MessageKind.PRESS:
                await self._presses.press(draft, str(draft.context.data.get("action", "")))
            case MessageKind.COMMAND:
                await self._commands.run(draft)
            case MessageKind.LENT:
                await self._lent.begin(draft)
            case _ if draft.state.lent and await self._lent.enclosed(draft):
                pass
            case _ if draft.with_operator:
                if draft.context.data.get("type") != "sticker":
                    draft.effects.append(CustomerWrote())
            case MessageKind.CONTACT:
                await self._enclosed.contact(draft)
            case _ if draft.context.text.strip():  # a caption is a message like any other
                await self._text(draft)
            case _:
                await self._enclosed.attachment(draft)

    async def _text(self, draft: Draft) -> None:
        text = draft.context.text
        if self._elsewhere(draft):
            return
        questions = await self._understand(draft, text)
        draft.understanding = questions[0] if questions else None
        danger = next((found for found in questions if found.intent == "danger"), None)
        if danger is not None:
            draft.understanding = danger
            self._lent.leave(draft)
            self._operators.danger(draft)
            return
        mark = rating.typed(draft)
        if mark is not None:
            rating.rate(draft, mark)
            return
        if draft.state.rated and rating.comments(draft, questions, sure=self._rules.answer):
            return
        if draft.with_operator:
            if not (draft.state.lent and await self._lent.text(draft)):
                self._operators.leave_to(draft)
            return
        if await self._by_link(draft, questions):
            return
        if not questions and not draft.state.flow and (said := wordless.meaning(text)):
            self._talk.answer(draft, said)
            return
        if not questions:
            draft.say(phrases.NOTHING_READABLE, MENU_BUTTON, OPERATOR_BUTTON)
            return
        if draft.context.may_wait and self._goes_on(draft, questions):
            draft.waits = True
            return
        if await self._in_queue.take(draft):
            return
        if draft.state.flow and await self._in_flow.take(draft, questions[0]):
            return
        action = _said_action(draft, questions[0])
        if action is not None:
            await self._presses.press(draft, action)
            return
        if len(questions) == 1:
            now = self._rules.local(draft.context.now)
            questions = (follow_up(questions[0], draft.state.last_topic, now=now),)
        await self._questions.answer(draft, questions)

    def _elsewhere(self, draft: Draft) -> bool:
        """A code to be known by in another messenger: written here, or asked for."""
        text = draft.context.text
        code = other_channels.code_in(text)
        if code is not None:
            draft.effects.append(RedeemCode(code))
            return True
        in_flow = bool(draft.state.flow)
        if draft.with_operator or not other_channels.wants_code(text, in_flow=in_flow):
            return False
        code = other_channels.new_code()
        draft.effects.append(IssueCode(code))
        ways = other_channels.ways(self._rules.links, draft.context.channel, code)
        told = other_channels.ASKED.format(code=other_channels.shown(code))
        draft.say(told, *ways, MENU_BUTTON)
        return True

    async def _by_link(self, draft: Draft, questions: Sequence[Understanding]) -> bool:
        """VK and Viber bring a link's word with what is written first: where that only greets,
        the word is what is asked."""
        if draft.state.flow or any(found.intent != "greet" for found in questions):
            return False
        ref = str(draft.context.data.get("ref") or "")
        code = other_channels.code_of_link(ref)
        if code is not None:
            draft.effects.append(RedeemCode(code))
            return True
        return await self._commands.follow(draft, ref)

    def _goes_on(self, draft: Draft, questions: Sequence[Understanding]) -> bool:
        """Answers to our own question, typed or chosen, are complete."""
        text = draft.context.text
        answers = draft.state.flow or matching.chosen(text, draft.choices())
        return not answers and goes_on(text, questions, sure=self._rules.answer)

    async def _understand(self, draft: Draft, text: str) -> Sequence[Understanding]:
        if not any(character.isalnum() for character in text):
            return ()
        now = self._rules.local(draft.context.now)
        read = await self._reader.read(text, now)
        return [of_his_own(beneath_the_words(one, sure=self._rules.answer)) for one in read]

    async def _announce(self, draft: Draft) -> None:
        """A mass incident is told once, before what was asked."""
        if not draft.replies or not draft.topics or draft.with_operator:
            return
        for told in await self._announcements.current(draft.context.now):
            announced = draft.state.announced
            if told.id in announced or not told.fits(draft.topics, draft.context.channel):
                continue
            contact = draft.context.contact_id
            addresses = await self._announcements.addresses(contact) if told.districts else ()
            text = told.to(addresses)
            if text is None:
                continue
            draft.state.announced = [*announced, told.id][-MOST_ANNOUNCED:]
            draft.replies.insert(0, Reply(text))

    def _closed_channel(self, draft: Draft) -> None:
        company = self._variables()["company"]
        draft.say(phrases.CLOSED_CHANNEL.format(site=company["site"], phone=company["phone"]))


def _said_action(draft: Draft, found: Understanding) -> str | None:
    """The action that the words stand for: a button on the screen, a spoken command, «отмена»
    right after a reading was taken, «да» to our only guess or to the offer of an operator."""
    said = matching.chosen(draft.context.text, draft.choices())
    said = said or spoken.command(draft.context.text)
    if said is None and draft.state.last_topic == _READING and found.intent == "cancel":
        return spoken.UNDO_LAST
    if said is None and found.intent == "affirm":
        return actions.OPERATOR if draft.offered_operator else _only_guess(draft)
    return said


def _only_guess(draft: Draft) -> str | None:
    """«Да» to «вы имеете в виду …?» with one guess: that one's action."""
    guesses = [action for _, action in draft.choices() if action != actions.OPERATOR]
    return guesses[0] if draft.pending and len(guesses) == 1 else None
