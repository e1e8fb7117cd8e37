"""What comes besides text: the customer's phone, pictures, files, voice, places."""

from dialogs import phrases
from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON
from dialogs.assistant.draft import Draft
from dialogs.assistant.flow_turns import FlowTurns
from dialogs.assistant.operators import Operators
from dialogs.flow import FlowTurn
from dialogs.flows import link
from replies.channels import CAPABILITIES


class Enclosed:
    def __init__(self, flows: FlowTurns, operators: Operators) -> None:
        self._flows = flows
        self._operators = operators

    async def contact(self, draft: Draft) -> None:
        """The sender's own phone, where the platform proves it, is a proof; else a claim."""
        if not draft.context.data.get("own"):
            draft.say(phrases.CONTACT_FOREIGN, MENU_BUTTON)
            return
        flow = self._flows.current(draft)
        if not CAPABILITIES[draft.context.channel].proves_phone:
            draft.say(phrases.CONTACT_OWN, MENU_BUTTON)
            return
        said = FlowTurn("", phone=str(draft.context.data.get("phone", "")))
        if flow is None:
            await self._flows.start(draft, link.NAME, said)
        else:
            await self._flows.feed(draft, flow, said)

    def attachment(self, draft: Draft) -> None:
        """Something without a caption."""
        if draft.in_queue:
            self._operators.keep(draft)
            return
        kind = str(draft.context.data.get("type", ""))
        text = phrases.ATTACHMENTS.get(kind, phrases.ATTACHMENT)
        draft.say(text, MENU_BUTTON, OPERATOR_BUTTON)
