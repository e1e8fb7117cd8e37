"""Articles that the assistant's own answers lead to: these can't be taken back."""

from typing import Final

# By topic, the names of the answers as editors know them.
POINTED_TO: Final[dict[str, tuple[str, ...]]] = {
    "faq/installment": ("Сколько я должен", "Мои пени"),
    "faq/meter_verification": ("Передать показания",),
    "info/out_of_scope_contacts": ("Вопрос не о том",),
}
