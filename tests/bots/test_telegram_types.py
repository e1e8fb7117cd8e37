"""aiogram's types in a fresh process: in this one others may have imported them before."""

import subprocess
import sys

SCRIPT = """
import bots.telegram
from aiogram import methods, types
from pydantic import BaseModel

def models(module):
    found = [getattr(module, name) for name in module.__all__]
    return [one for one in found if isinstance(one, type) and issubclass(one, BaseModel)]

late = [one for one in models(types) if not one.__pydantic_complete__]
assert len(late) > 200, len(late)
for needed in (types.Update, methods.SendMessage, methods.base.Response[types.Message]):
    assert needed.__pydantic_complete__, needed
for one in (types.MenuButtonDefault, methods.SendPhoto, methods.GetUpdates, methods.SetWebhook):
    one.model_rebuild(raise_errors=True)
print("ready")
"""


def test_types_are_prepared_when_they_are_used() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)

    assert done.stdout == "ready\n", done.stderr
