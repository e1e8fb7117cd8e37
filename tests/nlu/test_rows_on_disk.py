import errno
import tempfile

import numpy as np
import pytest

from nlu.encoders import UniversalEncoder
from nlu.rows_on_disk import RowsOnDisk


def test_rows_are_those_of_the_array() -> None:
    array = np.arange(60, dtype=np.uint8).reshape(20, 3)
    rows = RowsOnDisk(array)

    wanted = np.array([0, 19, 7, 7])
    assert rows[wanted].tolist() == array[wanted].tolist()
    assert rows[wanted].dtype == np.uint8
    for missing in (20, -1):
        with pytest.raises(IndexError):
            rows[np.array([missing])]


def test_vectors_do_not_depend_on_where_the_table_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["сколько я должен за октябрь", "Hello, 東京!", ""]
    on_disk = UniversalEncoder()
    vectors = on_disk.encode(texts)
    assert isinstance(on_disk._model._model.table, RowsOnDisk)

    def no_room(**_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_room)
    in_memory = UniversalEncoder()
    assert np.array_equal(in_memory.encode(texts), vectors)
    assert isinstance(in_memory._model._model.table, np.ndarray)
