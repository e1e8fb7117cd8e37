"""A large table of which few rows are ever read, kept in a file instead of in memory.

The sentence encoder's table has 128,000 rows for sixteen languages, 62 MB of them; the messages of
customers read some thousand. What is read often stays in the system's own cache.
"""

import os
import tempfile
import weakref
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# On a disk by the Filesystem Hierarchy Standard (5.15), where /tmp often lies in memory.
_FOLDER: Final = "/var/tmp"  # noqa: S108 (the file has no name: nobody else can open it)


class RowsOnDisk:
    """Rows of a two-dimensional array by their numbers, as ``array[numbers]`` gives them.

    The file has no name and is gone with the table. Raises OSError when there is no room.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._dtype = array.dtype
        self._count, self._width = array.shape
        self._size = self._width * array.itemsize
        with tempfile.TemporaryFile(dir=_FOLDER if os.path.isdir(_FOLDER) else None) as file:
            file.write(np.ascontiguousarray(array).data)
            file.flush()
            self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)

    def __getitem__(self, numbers: NDArray[np.int64]) -> NDArray[Any]:
        """One row per number. Raises IndexError for a row that is not there."""
        file, size, count = self._file, self._size, self._count
        rows = []
        for number in numbers.tolist():
            if not 0 <= number < count:
                raise IndexError(number)
            rows.append(os.pread(file, size, number * size))
        return np.frombuffer(b"".join(rows), self._dtype).reshape(len(rows), self._width)
