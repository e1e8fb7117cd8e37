"""What comes besides text: the customer's phone, pictures, files, voice, places."""

from dataclasses import replace

from dialogs import phrases
from dialogs.actions import LEAVE_QUEUE_BUTTON, MENU_BUTTON, OPERATOR_BUTTON
from dialogs.assistant.draft import Draft
from dialogs.assistant.flow_turns import FlowTurns
from dialogs.assistant.operators import Operators
from dialogs.flow import FlowTurn
from dialogs.flows import callback, link, payment_status, reading
from dialogs.state import Flow
from dialogs.turn import PhoneProved
from media.attachments import is_too_large
from replies.channels import CAPABILITIES

# What a meter or a receipt is sent as.
_PAPERS = {"photo", "document"}


class Enclosed:
    def __init__(self, flows: FlowTurns, operators: Operators) -> None:
        self._flows = flows
        self._operators = operators

    async def contact(self, draft: Draft) -> None:
        """The sender's own phone, where the platform proves it, is a proof; else a claim, as good
        as typed digits."""
        data = draft.context.data
        if not data.get("own") and not data.get("claimed"):
            draft.say(phrases.CONTACT_FOREIGN, MENU_BUTTON)
            return
        flow = self._flows.current(draft)
        if not data.get("own") or not CAPABILITIES[draft.context.channel].proves_phone:
            if flow is not None and flow.name == callback.NAME:
                await self._flows.feed(draft, flow, FlowTurn("", phone=str(data.get("phone", ""))))
            else:
                draft.say(phrases.CONTACT_OWN, MENU_BUTTON)
            return
        phone = str(data.get("phone", ""))
        draft.effects.append(PhoneProved(phone))
        said = FlowTurn("", phone=phone)
        if flow is None:
            await self._flows.start(draft, link.NAME, said)
        else:
            await self._flows.feed(draft, flow, said)

    def too_large(self, draft: Draft) -> None:
        """Said beside what else is answered, whoever has the conversation: nobody will see the
        file."""
        if any(is_too_large(file) for file in draft.context.data.get("files", ())):
            draft.say(phrases.FILE_TOO_LARGE)

    async def attachment(self, draft: Draft) -> None:
        """Something without a caption."""
        flow = self._flows.current(draft)
        large = [is_too_large(file) for file in draft.context.data.get("files", ())]
        if any(large) and all(large):
            await self._instead(draft, flow, phrases.FILE_TOO_LARGE)
            return
        self.too_large(draft)
        if draft.in_queue:
            self._operators.keep(draft)
            return
        kind = str(draft.context.data.get("type", ""))
        about = flow.name if flow is not None else draft.state.last_topic
        if kind in _PAPERS and about == payment_status.NAME:
            self._operators.call(draft, "receipt_sent")
            draft.state.end_flow()
            return
        text = phrases.ATTACHMENTS.get(kind, phrases.ATTACHMENT)
        if kind in _PAPERS and flow is not None and flow.name == reading.NAME:
            text = phrases.METER_PHOTO
        await self._instead(draft, flow, text)

    async def _instead(self, draft: Draft, flow: Flow | None, text: str) -> None:
        """What to do instead of sending that; a flow's question once more, in the same breath."""
        if flow is not None:
            before = len(draft.replies)
            await self._flows.ask_again(draft, flow)
            if len(draft.replies) > before:
                asked = draft.replies[before]
                draft.replies[before] = replace(asked, text=f"{text}\n\n{asked.text}")
                return
        if draft.in_queue:
            draft.say(text, LEAVE_QUEUE_BUTTON)
        else:
            draft.say(text, MENU_BUTTON, OPERATOR_BUTTON)
