"""A row's number in an address."""

from typing import Annotated

from fastapi import Path

from storage.base import LARGEST_ID

# Any other is answered with 404.
RowId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
