"""The tests, room by room."""

import os

# Before numpy is loaded, here and in every process that tests start: several processes of tests
# share the cores already, and threads of linear algebra would only wait for each other, at full
# speed. A serving process keeps to one thread, too.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
