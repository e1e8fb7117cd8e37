"""The assistant: what follows from a customer's message. Decides; writes nothing.

The order of looking: danger, an operator's conversation, buttons, a flow under way, the question.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from conversations.models import MessageKind, Turn
from dialogs import actions, interim, matching, phrases, spoken
from dialogs.actions import (
    LEAVE_QUEUE_BUTTON,
    MENU_BUTTON,
    OPERATOR_BUTTON,
    RESUME_BUTTON,
    BeginAction,
    FlowAction,
    IntentAction,
    PlainAction,
    RateAction,
    SectionAction,
    intent_button,
)
from dialogs.flow import Asking, Done, Failed, FlowTurn
from dialogs.flow_runner import MAX_MISSES, FlowRunner
from dialogs.flows import accounts, link
from dialogs.menu import label_of, main_menu, section_menu
from dialogs.numbers import meanings
from dialogs.rudeness import beneath_the_words
from dialogs.state import INTENT_FLOWS, DialogState, Flow
from dialogs.turn import (
    AnswerRated,
    AnswerShown,
    CommentRating,
    Context,
    CustomerWrote,
    Effect,
    LeaveQueue,
    NotUnderstood,
    RateOperator,
    RequestOperator,
    Response,
)
from dialogs.understanding import Reader, is_bare_answer
from dialogs.waiting import goes_on, is_number_alone
from handoff.announcements import Announcements
from knowledge_base.answers import Answer
from knowledge_base.service import KnowledgeBase
from nlu import Understanding
from nlu.context import follow_up, meant, number_after, read_rating
from replies import Button, Reply
from replies.channels import CAPABILITIES

log = structlog.get_logger(__name__)

MAX_QUESTIONS = 3
MOST_GUESSES = 3
# The same question so soon again: the answer was not clear.
SAME_QUESTION = timedelta(minutes=30)
MOST_ANNOUNCED = 20
# From this on a rating is a good one.
GOOD_RATING = 4
# What is said after a rating and asks nothing.
_OPINIONS = {"thanks", "feedback", "complaint", "abuse", "out_of_scope"}
# Talk that needs no answer from an operator and no «не понял» from the assistant.
_SMALL_TALK = {"greet", "goodbye", "thanks", "affirm", "deny", "cancel", "help", "bot_challenge",
               "abuse"}  # fmt: skip
# Said in the middle of a flow: a word about it, and the flow's question again. No miss.
_ASIDES = {"greet", "thanks", "goodbye", "bot_challenge", "abuse"}
_ASIDE = 0.9
# Said to an operator, it does not start the clock of his next answer.
_NEEDS_NO_ANSWER = {"thanks", "goodbye", "affirm"}
_READING = "submit_reading"
_INTENT_OF = {flow: intent for intent, flow in INTENT_FLOWS.items()}
# Under an article about the law: the same for the customer's own account.
_OWN_FIGURES = {
    "faq/penalty": intent_button("Мои пени", "penalty"),
    "faq/payment_methods": intent_button("Оплатить", "pay"),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The profile's part of the assistant: ``answer`` and ``guess`` are probabilities."""

    answer: float
    guess: float
    zone: ZoneInfo
    personal_data: Mapping[str, str]
    # «Это помогло?» is asked at most so often in a conversation.
    ask_helpful: timedelta = timedelta(days=1)


class _Turn:
    """One message being answered: collects replies and effects over one state."""

    def __init__(self, context: Context, state: DialogState) -> None:
        self.context = context
        self.state = state
        self.replies: list[Reply] = []
        self.effects: list[Effect] = []
        self.understanding: Understanding | None = None
        self.waits = False
        # What was asked, for announcements.
        self.topics: set[str] = set()
        # What our buttons asked about: this message answers, or goes on to something else.
        self.pending, state.pending = state.pending, ""
        self.asked_helpful, state.asked_helpful = state.asked_helpful, ""

    def say(self, text: str, *buttons: Button) -> None:
        self.replies.append(Reply(text, buttons))

    def response(self) -> Response:
        if self.waits:
            return Response(dict(self.context.state), waits=True)
        if self.replies:
            last = self.replies[-1].buttons
            self.state.buttons = [[b.label, b.action] for b in last if b.action]
        return Response(
            self.state.dump(), tuple(self.replies), tuple(self.effects), self.understanding
        )


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
        promise: Callable[[datetime], str],
        is_open: Callable[[datetime], bool],
        announcements: Announcements,
    ) -> None:
        self._reader = reader
        self._knowledge_base = knowledge_base
        self._flows = flows
        self._rules = rules
        self._variables = variables
        self._promise = promise
        self._is_open = is_open
        self._announcements = announcements

    async def respond(self, context: Context) -> Response:
        turn = _Turn(context, DialogState.load(context.state))
        if self._rules.personal_data.get(context.channel) == "closed":
            self._closed_channel(turn)
        else:
            await self._read(turn)
            await self._announce(turn)
        return turn.response()

    def give_up(self, context: Context) -> Response:
        """A message that failed again and again: an apology, and a human reads it."""
        turn = _Turn(context, DialogState.load(context.state))
        turn.state.end_flow()
        self._call_operator(turn, "failure")
        return turn.response()

    async def _read(self, turn: _Turn) -> None:
        match turn.context.kind:
            case MessageKind.TEXT:
                await self._text(turn)
            case MessageKind.PRESS:
                await self._press(turn, str(turn.context.data.get("action", "")))
            case MessageKind.COMMAND:
                await self._command(turn)
            case _ if turn.context.turn == Turn.OPERATOR:
                if turn.context.data.get("type") != "sticker":
                    turn.effects.append(CustomerWrote())
            case MessageKind.CONTACT:
                await self._contact(turn)
            case _:
                await self._attachment(turn)

    # --- text -------------------------------------------------------------------------------

    async def _text(self, turn: _Turn) -> None:
        text = turn.context.text
        questions = await self._understand(turn, text)
        turn.understanding = questions[0] if questions else None
        danger = next((found for found in questions if found.intent == "danger"), None)
        if danger is not None:
            turn.understanding = danger
            self._danger(turn)
            return
        mark = _typed_mark(turn.state, text)
        if mark is not None:
            self._rate(turn, mark)
            return
        if turn.state.rated and self._comments(turn, questions):
            return
        if turn.context.turn == Turn.OPERATOR:
            self._to_operator(turn)
            return
        if not questions:
            turn.say(phrases.NOTHING_READABLE, MENU_BUTTON, OPERATOR_BUTTON)
            return
        if turn.context.may_wait and self._goes_on(turn, questions):
            turn.waits = True
            return
        if turn.state.flow and await self._in_flow(turn, questions[0]):
            return
        action = matching.chosen(text, _choices(turn.state))
        action = action or spoken.command(text)
        if action is None and _takes_back(turn.state, questions):
            action = spoken.UNDO_LAST
        if action is None and questions[0].intent == "affirm":
            action = _only_guess(turn)
        if action is not None:
            await self._press(turn, action)
            return
        if len(questions) == 1:
            now = turn.context.now.astimezone(self._rules.zone)
            questions = (follow_up(questions[0], turn.state.last_topic, now=now),)
        await self._questions(turn, questions)

    def _goes_on(self, turn: _Turn, questions: Sequence[Understanding]) -> bool:
        """Answers to our own question, typed or chosen, are complete."""
        text = turn.context.text
        answers = turn.state.flow or matching.chosen(text, _choices(turn.state))
        return not answers and goes_on(text, questions, sure=self._rules.answer)

    async def _understand(self, turn: _Turn, text: str) -> Sequence[Understanding]:
        if not any(character.isalnum() for character in text):
            return ()
        now = turn.context.now.astimezone(self._rules.zone)
        read = await asyncio.to_thread(self._reader.read, text, now)
        return [beneath_the_words(found, sure=self._rules.answer) for found in read]

    async def _questions(self, turn: _Turn, questions: Sequence[Understanding]) -> None:
        """Each question is answered [6]; what is not clear is asked once, at the end."""
        if is_number_alone(turn.context.text) and turn.context.turn != Turn.QUEUE:
            await self._number_alone(turn, questions[0])
            return
        clear = [found for found in questions if found.confidence >= self._rules.answer]
        if not clear:
            self._unclear(turn, questions[0])
            return
        turn.state.misses = 0
        answered: set[str] = set()
        for found in clear[:MAX_QUESTIONS]:
            if found.intent in answered or (len(clear) > 1 and found.intent == "greet"):
                continue
            answered.add(found.intent)
            await self._intent(turn, found.intent, found)
            if turn.state.flow:
                break  # a flow asks its own question: two at once would confuse

    async def _number_alone(self, turn: _Turn, found: Understanding) -> None:
        """What it is says the last answer, or the customer whom we ask."""
        choices = meanings(found)
        wanted = number_after(turn.state.last_topic)
        if any(intent == wanted for _, intent in choices):
            now = turn.context.now.astimezone(self._rules.zone)
            await self._intent(turn, wanted, meant(turn.context.text, wanted, now=now))
            return
        turn.state.pending = turn.context.text
        buttons = [intent_button(label, intent) for label, intent in choices]
        if any(intent == "balance" for _, intent in choices):
            turn.say(phrases.ACCOUNT_ALONE, *buttons, OPERATOR_BUTTON)
        else:
            number = turn.context.text.strip()
            turn.say(phrases.NUMBER_ALONE.format(number=number), *buttons, OPERATOR_BUTTON)

    def _pending(self, turn: _Turn, intent: str) -> Understanding | None:
        """The words that the pressed button was about, read as the customer says they are."""
        if not turn.pending:
            return None
        return meant(turn.pending, intent, now=turn.context.now.astimezone(self._rules.zone))

    def _unclear(self, turn: _Turn, found: Understanding) -> None:
        turn.effects.append(NotUnderstood())
        if turn.context.turn == Turn.QUEUE:
            turn.effects.append(CustomerWrote())
            promise = self._promise(turn.context.now)
            turn.say(phrases.IN_QUEUE_KEPT.format(promise=promise), LEAVE_QUEUE_BUTTON)
            return
        guesses = [
            ranked.intent
            for ranked in found.ranking[:3]
            if ranked.confidence >= self._rules.guess / 2 and label_of(ranked.intent)
        ]
        turn.state.misses += 1
        if turn.state.misses >= MAX_MISSES:
            turn.state.misses = 0
            self._call_operator(turn, "not_understood")
        elif found.confidence >= self._rules.guess and guesses:
            turn.state.pending = turn.context.text
            buttons = self._guess_buttons(turn.context.text, found, guesses)
            turn.say(phrases.GUESSES, *buttons, OPERATOR_BUTTON)
        else:
            turn.say(phrases.NOT_UNDERSTOOD, MENU_BUTTON, OPERATOR_BUTTON)

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

    # --- intents ----------------------------------------------------------------------------

    async def _announce(self, turn: _Turn) -> None:
        """A mass incident is told once, before what was asked."""
        if not turn.replies or not turn.topics or turn.context.turn == Turn.OPERATOR:
            return
        for told in await self._announcements.current(turn.context.now):
            if told.id in turn.state.announced or not told.fits(turn.topics, turn.context.channel):
                continue
            turn.state.announced = [*turn.state.announced, told.id][-MOST_ANNOUNCED:]
            turn.replies.insert(0, Reply(told.text))

    async def _intent(self, turn: _Turn, intent: str, found: Understanding | None) -> None:
        turn.topics.add(intent)
        if intent == "danger":
            self._danger(turn)
        elif intent == "operator":
            self._call_operator(turn, "asked")
        elif intent in INTENT_FLOWS:
            said = FlowTurn(found.text if found else "", found)
            await self._start_flow(turn, INTENT_FLOWS[intent], said)
        elif intent in _SMALL_TALK:
            self._talk(turn, intent)
        elif intent == "out_of_scope":
            self._out_of_scope(turn)
        else:
            self._answer(turn, intent)

    def _answer(self, turn: _Turn, intent: str) -> None:
        answer = self._knowledge_base.answer(intent)
        if answer is not None:
            repeated = turn.state.last_topic == intent and self._is_recent(turn)
            turn.state.last_topic = intent
            turn.state.last_topic_at = turn.context.now.isoformat()
            turn.effects.append(AnswerShown(intent, answer.version_id))
            own = _OWN_FIGURES.get(intent)
            article = _article(answer, own, repeated=repeated)
            turn.replies.append(article if repeated else self._ask_helpful(turn, intent, article))
            return
        reply = interim.answer(intent, self._variables())
        if reply is not None:
            turn.state.last_topic = intent
            turn.replies.append(reply)
        else:
            # An article that is not published or has expired: its topic is a human's for now.
            self._call_operator(turn, "human_topic")

    def _is_recent(self, turn: _Turn) -> bool:
        """Whether the same question means that the last answer was not clear: so soon after it,
        or with a press on «Подробнее»."""
        if turn.context.kind == MessageKind.PRESS:
            return True
        at = turn.state.last_topic_at
        return bool(at) and turn.context.now - datetime.fromisoformat(at) < SAME_QUESTION

    def _ask_helpful(self, turn: _Turn, topic: str, reply: Reply) -> Reply:
        """«Это помогло?» under the answer, not more often than the profile says."""
        asked, now = turn.state.asked_helpful_at, turn.context.now
        asked_lately = asked and now - datetime.fromisoformat(asked) < self._rules.ask_helpful
        if asked_lately or turn.state.flow or turn.context.turn != Turn.ASSISTANT:
            return reply
        turn.state.asked_helpful_at, turn.state.asked_helpful = now.isoformat(), topic
        buttons = (*reply.buttons, *actions.helpful_buttons(topic))
        return replace(reply, text=f"{reply.text}\n\n{phrases.DID_IT_HELP}", buttons=buttons)

    def _rated_helpful(self, turn: _Turn, topic: str, *, helpful: bool) -> None:
        turn.effects.append(AnswerRated(topic, helpful))
        if helpful:
            turn.say(phrases.HELPED, MENU_BUTTON)
        else:
            turn.say(phrases.NOT_HELPED, OPERATOR_BUTTON, MENU_BUTTON)

    def _out_of_scope(self, turn: _Turn) -> None:
        contacts = self._knowledge_base.answer("info/out_of_scope_contacts")
        text = contacts.text if contacts is not None else ""
        turn.say(f"{phrases.OUT_OF_SCOPE}\n\n{text}".strip(), MENU_BUTTON, OPERATOR_BUTTON)

    def _talk(self, turn: _Turn, intent: str) -> None:
        company = str(self._variables()["company"]["short_name"])
        match intent:
            case "affirm" | "thanks" | "deny" if turn.asked_helpful:
                self._rated_helpful(turn, turn.asked_helpful, helpful=intent != "deny")
            case "greet" if not turn.state.greeted:
                turn.replies.append(main_menu(phrases.GREETING.format(company=company)))
            case "greet":
                turn.replies.append(main_menu(phrases.GREETING_AGAIN))
            case "help":
                turn.replies.append(main_menu(phrases.HELP))
            case "goodbye":
                turn.say(phrases.GOODBYE)
            case "thanks":
                turn.say(phrases.THANKS)
            case "affirm":
                turn.say(phrases.AFFIRM_ALONE, MENU_BUTTON)
            case "deny":
                turn.say(phrases.DENY_ALONE, MENU_BUTTON, OPERATOR_BUTTON)
            case "cancel" if turn.context.turn == Turn.QUEUE:
                self._leave_queue(turn, phrases.LEFT_QUEUE)
            case "cancel":
                turn.say(phrases.NOTHING_TO_CANCEL, MENU_BUTTON)
            case "bot_challenge":
                turn.say(phrases.BOT_CHALLENGE, OPERATOR_BUTTON, MENU_BUTTON)
            case _:
                turn.say(phrases.ABUSE, OPERATOR_BUTTON, MENU_BUTTON)
        turn.state.greeted = True

    # --- operators --------------------------------------------------------------------------

    def _danger(self, turn: _Turn) -> None:
        grid = self._variables()["grid"]
        promise = self._promise(turn.context.now)
        turn.effects.append(RequestOperator("danger", self._summary(turn), danger=True))
        turn.say(
            phrases.DANGER.format(grid_phone=grid["phone"], grid_name=grid["name"], promise=promise)
        )

    def _call_operator(
        self, turn: _Turn, reason: str, collected: Mapping[str, Any] | None = None
    ) -> None:
        turn.topics.add("operator")
        if turn.state.stopped:
            until, told = turn.state.stopped
            if turn.context.now < datetime.fromisoformat(until):
                turn.say(told, MENU_BUTTON)
                return
            turn.state.stopped = []
        promise = self._promise(turn.context.now)
        if turn.context.turn == Turn.QUEUE:
            turn.effects.append(CustomerWrote())
            turn.say(phrases.OPERATOR_ALREADY.format(promise=promise), LEAVE_QUEUE_BUTTON)
            return
        summary = self._summary(turn) | dict(collected or {})
        turn.effects.append(RequestOperator(reason, summary))
        turn.say(phrases.ASK_OPERATOR[reason].format(promise=promise), LEAVE_QUEUE_BUTTON)

    def _summary(self, turn: _Turn) -> dict[str, Any]:
        """What the operator should see at once, built from the state."""
        found = turn.understanding
        return {
            "intent": found.intent if found else "",
            "topic": turn.state.last_topic,
            "flow": turn.state.flow,
        }

    def _to_operator(self, turn: _Turn) -> None:
        """An operator has the conversation: the assistant is silent, unless nobody is at work."""
        if turn.understanding is None or turn.understanding.intent not in _NEEDS_NO_ANSWER:
            turn.effects.append(CustomerWrote())
        if self._is_open(turn.context.now):
            turn.state.schedule_told = False
        elif not turn.state.schedule_told:
            turn.state.schedule_told = True
            promise = self._promise(turn.context.now)
            turn.say(phrases.OPERATOR_AWAY.format(promise=promise), RESUME_BUTTON)

    def _rate(self, turn: _Turn, action: RateAction) -> None:
        turn.effects.append(RateOperator(action.handoff_id, action.score))
        turn.state.rated = action.handoff_id
        turn.say(phrases.RATED_WELL if action.score >= GOOD_RATING else phrases.RATED_BADLY)

    def _comments(self, turn: _Turn, questions: Sequence[Understanding]) -> bool:
        """Whether the words after a rating belong to it: a clear question is answered as ever."""
        handoff_id, turn.state.rated = turn.state.rated, 0
        sure = (found for found in questions if found.confidence >= self._rules.answer)
        if any(found.intent not in _OPINIONS for found in sure):
            return False
        turn.effects.append(CommentRating(handoff_id, turn.context.text))
        turn.say(phrases.RATING_COMMENTED, MENU_BUTTON)
        return True

    def _leave_queue(self, turn: _Turn, text: str) -> None:
        turn.effects.append(LeaveQueue())
        turn.replies.append(main_menu(text))

    # --- buttons and commands ---------------------------------------------------------------

    async def _press(self, turn: _Turn, raw: str) -> None:
        action = actions.parse(raw)
        rated = actions.helpful(raw)
        if rated is not None and turn.context.turn != Turn.OPERATOR:
            self._rated_helpful(turn, rated[0], helpful=rated[1])
            return
        if isinstance(action, RateAction):
            self._rate(turn, action)
            return
        if isinstance(action, PlainAction) and action.name == actions.RESUME_ASSISTANT:
            self._leave_queue(turn, phrases.RESUMED)
            return
        if turn.context.turn == Turn.OPERATOR:
            turn.effects.append(CustomerWrote())
            return
        match action:
            case IntentAction(intent=intent):
                if intent in INTENT_FLOWS:
                    turn.state.end_flow()
                turn.state.misses = 0
                await self._intent(turn, intent, self._pending(turn, intent))
            case FlowAction(flow=name, run=run, choice=choice):
                flow = self._flows.current(turn.state)
                if flow is None or flow.name != name or turn.state.flow_state.get("run") != run:
                    turn.replies.append(main_menu(phrases.STALE_BUTTON))
                    return
                await self._feed(turn, flow, FlowTurn("", choice=choice))
            case BeginAction(flow=name, choice=choice) if self._flows.knows(name):
                await self._start_flow(turn, name, FlowTurn("", choice=choice))
            case SectionAction(section=section):
                turn.replies.append(section_menu(section) or main_menu(phrases.STALE_BUTTON))
            case PlainAction(name=actions.MENU):
                turn.state.end_flow()
                turn.replies.append(main_menu(phrases.MENU))
            case PlainAction(name=actions.LEAVE_QUEUE) if turn.context.turn == Turn.QUEUE:
                self._leave_queue(turn, phrases.LEFT_QUEUE)
            case _:
                turn.replies.append(main_menu(phrases.STALE_BUTTON))

    async def _command(self, turn: _Turn) -> None:
        if turn.context.turn == Turn.OPERATOR:
            turn.effects.append(CustomerWrote())
            return
        command = str(turn.context.data.get("command", ""))
        payload = str(turn.context.data.get("payload", ""))
        match command:
            case "start":
                turn.state.end_flow()
                await self._start(turn, payload)
            case "help":
                self._talk(turn, "help")
            case "menu":
                turn.state.end_flow()
                turn.replies.append(main_menu(phrases.MENU))
            case "operator":
                self._call_operator(turn, "asked")
            case _:
                turn.replies.append(main_menu(phrases.UNKNOWN_COMMAND))

    async def _start(self, turn: _Turn, payload: str) -> None:
        """A deep link names an intent («pay») or an article («kb_penalty»)."""
        intent = f"faq/{payload[3:]}" if payload.startswith("kb_") else payload
        if intent and label_of(intent):
            turn.state.greeted = True
            await self._intent(turn, intent, None)
            return
        turn.state.greeted = False
        self._talk(turn, "greet")

    async def _contact(self, turn: _Turn) -> None:
        """The sender's own phone, where the platform proves it, is a proof; else a claim."""
        if not turn.context.data.get("own"):
            turn.say(phrases.CONTACT_FOREIGN, MENU_BUTTON)
            return
        flow = self._flows.current(turn.state)
        if not CAPABILITIES[turn.context.channel].proves_phone:
            turn.say(phrases.CONTACT_OWN, MENU_BUTTON)
            return
        said = FlowTurn("", phone=str(turn.context.data.get("phone", "")))
        if flow is None:
            await self._start_flow(turn, link.NAME, said)
        else:
            await self._feed(turn, flow, said)

    async def _attachment(self, turn: _Turn) -> None:
        if turn.context.text.strip():  # a caption is a message like any other
            await self._text(turn)
            return
        if turn.context.turn == Turn.QUEUE:
            turn.effects.append(CustomerWrote())
            promise = self._promise(turn.context.now)
            turn.say(phrases.IN_QUEUE_KEPT.format(promise=promise), LEAVE_QUEUE_BUTTON)
            return
        kind = str(turn.context.data.get("type", ""))
        text = phrases.ATTACHMENTS.get(kind, phrases.ATTACHMENT)
        turn.say(text, MENU_BUTTON, OPERATOR_BUTTON)

    def _closed_channel(self, turn: _Turn) -> None:
        company = self._variables()["company"]
        turn.say(phrases.CLOSED_CHANNEL.format(site=company["site"], phone=company["phone"]))

    # --- flows ------------------------------------------------------------------------------

    async def _start_flow(self, turn: _Turn, name: str, said: FlowTurn) -> None:
        # Every flow so far speaks of somebody's account.
        if self._rules.personal_data.get(turn.context.channel) != "full":
            site = self._variables()["company"]["site"]
            turn.say(phrases.NOT_IN_THIS_CHANNEL.format(site=site), MENU_BUTTON, OPERATOR_BUTTON)
            return
        await self._feed(turn, self._flows.begin(turn.state, name), said)

    async def _in_flow(self, turn: _Turn, found: Understanding) -> bool:
        """Whether the message was dealt with as part of the flow under way."""
        flow = self._flows.current(turn.state)
        if flow is None:
            turn.state.end_flow()
            return False
        sure = found.confidence >= self._rules.answer
        if sure and found.intent == "cancel":
            turn.state.end_flow()
            turn.say(phrases.CANCELLED, MENU_BUTTON)
            return True
        if sure and found.intent == "operator":
            self._call_operator(turn, "asked", {"flow": flow.name})
            turn.state.end_flow()
            return True
        if sure and found.intent == "help":
            turn.state.end_flow()
            return False
        if found.intent in _ASIDES and _is_clear_aside(found):
            if found.intent != "greet":
                await self._intent(turn, found.intent, found)
            self._follow(turn, await self._flows.ask_again(flow, turn.state, turn.context))
            return True
        action = matching.chosen(turn.context.text, _choices(turn.state))
        if action is not None and not turn.context.text.strip().isdigit():
            await self._press(turn, action)
            return True
        asked = str(turn.state.flow_state.get("asked", ""))
        if sure and not is_bare_answer(found) and _moves_on(found.intent, flow, asked):
            return False
        if sure and found.intent.startswith("faq/"):
            self._answer(turn, found.intent)
            self._follow(turn, await self._flows.ask_again(flow, turn.state, turn.context))
        else:
            await self._feed(turn, flow, FlowTurn(turn.context.text, found))
        return True

    async def _feed(self, turn: _Turn, flow: Flow, said: FlowTurn) -> None:
        step = await self._flows.feed(flow, turn.state, turn.context, said)
        if isinstance(step, Done):
            turn.state.last_topic = _INTENT_OF.get(flow.name, "")
        self._follow(turn, step)

    def _follow(self, turn: _Turn, step: Asking | Done | Failed) -> None:
        match step:
            case Asking(reply=reply):
                turn.replies.append(reply)
            case Done(replies=replies, effects=effects):
                turn.replies.extend(replies)
                turn.effects.extend(effects)
            case Failed(collected=collected, reason=reason):
                self._call_operator(turn, reason, collected)


def _takes_back(state: DialogState, questions: Sequence[Understanding]) -> bool:
    """«Отмена» right after a reading was taken."""
    return state.last_topic == _READING and questions[0].intent == "cancel"


def _choices(state: DialogState) -> list[tuple[str, str]]:
    """The buttons on the screen: (label, action)."""
    return [(label, action) for label, action in state.buttons]


def _typed_mark(state: DialogState, text: str) -> RateAction | None:
    """«5 из 5» where the buttons on the screen ask for a mark."""
    marks = {label: actions.parse(action) for label, action in state.buttons}
    chosen = marks.get(str(read_rating(text)))
    return chosen if isinstance(chosen, RateAction) else None


def _only_guess(turn: _Turn) -> str | None:
    """«Да» to «вы имеете в виду …?» with one guess: that one's action."""
    guesses = [action for _, action in turn.state.buttons if action != actions.OPERATOR]
    return guesses[0] if turn.pending and len(guesses) == 1 else None


def _is_clear_aside(found: Understanding) -> bool:
    """Neither a detail nor a surname that resembles a greeting."""
    details = bool(found.entities) or any(character.isdigit() for character in found.text)
    return found.confidence >= _ASIDE and not details


def _moves_on(intent: str, flow: Flow, asked: str) -> bool:
    """Whether the customer wants something else. «Привяжите счёт …» answers «какой счёт?», so
    does «по даче»; and any words can be a name for an account."""
    wanted = INTENT_FLOWS.get(intent, flow.name)
    if asked == "new_name" or (asked == "account" and wanted == accounts.NAME):
        return False
    return wanted not in {flow.name, link.NAME}


def _article(answer: Answer, own: Button | None, *, repeated: bool) -> Reply:
    """The short answer first; asked again, the whole one (where there is no shorter one, its
    beginning) and a human."""
    buttons = [
        Button(button.label, url=button.url)
        if button.url
        else intent_button(button.label, button.intent)
        for button in answer.buttons
    ]
    if own is not None:
        buttons.insert(0, own)
    if answer.short:
        text = answer.text if repeated else answer.short
    else:
        text = answer.text.split("\n\n")[0] if repeated else answer.text
    if answer.short and not repeated:
        buttons.append(intent_button("Подробнее", answer.topic))
    if repeated:
        buttons.append(OPERATOR_BUTTON)
    return Reply(text, tuple(buttons))
