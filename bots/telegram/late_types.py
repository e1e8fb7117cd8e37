"""aiogram's types, each prepared when it is first used.

aiogram prepares all its 400 types when it is imported: 110 MB and two seconds, of which we use a
tenth. What they need for that are the names in their annotations, which aiogram hands over at the
end of its import; here they are left in each type's module, where pydantic looks by itself as soon
as a type is used.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pydantic import BaseModel

_TYPES: Final = "aiogram.types"
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


@contextmanager
def _prepared_late() -> Iterator[None]:
    """Within it types of aiogram are not prepared, only told what their annotations mean."""
    prepare = BaseModel.__dict__["model_rebuild"]
    told: dict[type[BaseModel], Mapping[str, Any]] = {}

    def put_off(cls: type[BaseModel], /, **options: Any) -> bool | None:
        names = options.get("_types_namespace")
        if names is None or not cls.__module__.startswith(_TYPES):
            return prepare.__func__(cls, **options)  # type: ignore[no-any-return]
        told[cls] = names
        return None

    BaseModel.model_rebuild = classmethod(put_off)  # type: ignore[assignment]
    try:
        yield
    finally:
        BaseModel.model_rebuild = prepare  # type: ignore[method-assign]
    # Only now: with the names before it, the 200 methods would be prepared at their import.
    for cls, names in told.items():
        _tell(cls, names)


def _tell(cls: type[BaseModel], names: Mapping[str, Any]) -> None:
    """Leave the names that the annotations of a class use, inherited ones too, in its module."""
    known = vars(sys.modules[cls.__module__])
    for parent in cls.__mro__:
        for annotation in vars(parent).get("__annotations__", {}).values():
            for name in _NAME.findall(str(annotation)):
                if name in names:
                    known.setdefault(name, names[name])


with _prepared_late():
    import aiogram.methods
    import aiogram.types

# What every message needs is ready before the first one comes.
aiogram.types.Update.model_rebuild()
aiogram.methods.SendMessage.model_rebuild()
aiogram.methods.base.Response[aiogram.types.Message].model_rebuild()
