"""Commands: «/start» with its deep links, «/help», «/menu», «/operator»."""

from dialogs import other_channels, phrases
from dialogs.assistant.draft import Draft
from dialogs.assistant.intents import Intents
from dialogs.assistant.operators import Operators
from dialogs.assistant.talk import Talk
from dialogs.menu import label_of, main_menu
from dialogs.turn import CustomerWrote, RedeemCode


class Commands:
    def __init__(self, intents: Intents, small_talk: Talk, operators: Operators) -> None:
        self._intents = intents
        self._talk = small_talk
        self._operators = operators

    async def run(self, draft: Draft) -> None:
        code = other_channels.code_of_link(str(draft.context.data.get("payload", "")))
        if code is not None:
            draft.effects.append(RedeemCode(code))
            return
        if draft.with_operator:
            draft.effects.append(CustomerWrote())
            return
        command = str(draft.context.data.get("command", ""))
        payload = str(draft.context.data.get("payload", ""))
        match command:
            case "start":
                draft.state.end_flow()
                if not await self.follow(draft, payload):
                    draft.state.greeted = False
                    self._talk.answer(draft, "greet")
            case "help":
                self._talk.answer(draft, "help")
            case "menu":
                draft.state.end_flow()
                draft.replies.append(main_menu(phrases.MENU))
            case "operator":
                self._operators.call(draft, "asked")
            case _:
                draft.replies.append(main_menu(phrases.UNKNOWN_COMMAND))

    async def follow(self, draft: Draft, payload: str) -> bool:
        """A deep link names an intent («pay») or an article («kb_penalty»); whether it does."""
        intent = f"faq/{payload[3:]}" if payload.startswith("kb_") else payload
        if not intent or not label_of(intent):
            return False
        draft.state.greeted = True
        await self._intents.serve(draft, intent, None)
        return True
