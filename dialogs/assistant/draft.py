"""One message being answered: collects replies and effects over one state."""

from conversations.models import LACKS, MessageKind, Turn
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON
from dialogs.state import DialogState
from dialogs.turn import Context, Effect, Response
from nlu import Understanding
from replies import Button, Reply

# Of these nothing is told of the client.
_OF_NO_CLIENT = {MessageKind.PRESS, MessageKind.LENT}


class Draft:
    """``state`` is changed in place; ``context`` keeps what was stored."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.state = state = DialogState.load(context.state)
        if context.turn != Turn.QUEUE:
            state.promised_by = ""
        if context.turn != Turn.OPERATOR:
            state.lent = ""  # what is under way goes on as the assistant's own
        if context.kind not in _OF_NO_CLIENT:
            state.lacks = list(context.data.get(LACKS, ()))
        self.replies: list[Reply] = []
        self.effects: list[Effect] = []
        self.understanding: Understanding | None = None
        self.waits = False
        # More than one question is answered at once.
        self.several = False
        # The flow has come to its end, with what it was begun for.
        self.flow_done = False
        # What was asked, for announcements.
        self.topics: set[str] = set()
        # What our buttons asked about: this message answers, or goes on to something else.
        self.pending, state.pending = state.pending, ""
        self.asked_helpful, state.asked_helpful = state.asked_helpful, ""
        # Our last question was whether to call an operator.
        self.offered_operator, state.offered_operator = state.offered_operator, False

    @property
    def in_queue(self) -> bool:
        """The customer waits for an operator."""
        return self.context.turn == Turn.QUEUE

    @property
    def with_operator(self) -> bool:
        """An operator has the conversation."""
        return self.context.turn == Turn.OPERATOR

    def say(self, text: str, *buttons: Button) -> None:
        self.replies.append(Reply(text, buttons))

    def offer_operator(self, text: str) -> None:
        """``text`` asks whether to call one: a button, or «да»."""
        self.state.offered_operator = True
        self.say(text, OPERATOR_BUTTON, MENU_BUTTON)

    def choices(self) -> list[tuple[str, str]]:
        """The buttons on the screen: (label, action)."""
        return [(label, action) for label, action in self.state.buttons]

    def response(self) -> Response:
        if self.waits:
            return Response(dict(self.context.state), waits=True)
        if self.replies:
            last = self.replies[-1].buttons
            self.state.buttons = [[b.label, b.action] for b in last if b.action]
        return Response(
            self.state.dump(), tuple(self.replies), tuple(self.effects), self.understanding
        )
