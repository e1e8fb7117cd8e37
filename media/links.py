"""Links to kept files: signed, and good for a time only. Whoever has the link has the file."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from itsdangerous import BadSignature, URLSafeSerializer

from media.errors import BadLink
from storage.clock import Clock

SALT = "okno-media"
LIFETIME = timedelta(hours=12)
# Links made within an hour are the same, so that a browser fetches a picture once.
_STEP = 3600


@dataclass(frozen=True, slots=True)
class Target:
    """``name``: under which the file is saved; ``saved``: never shown in the page."""

    digest: str
    name: str
    saved: bool = False


class Links:
    def __init__(self, key: bytes, clock: Clock) -> None:
        self._serializer = URLSafeSerializer(key, salt=SALT)
        self._clock = clock

    def path(
        self, digest: str, name: str, *, lifetime: timedelta = LIFETIME, saved: bool = False
    ) -> str:
        """«/media/<token>/<name>», good for at least ``lifetime``, an hour more at most.

        ``saved``: for what a customer sent; a browser saves it and never shows it.
        """
        until = self._clock.now().timestamp() + lifetime.total_seconds()
        last = int(until // _STEP + 1) * _STEP
        token = self._serializer.dumps([digest, name, last, *([1] if saved else ())])
        return f"/media/{token}/{quote(name)}"

    def open(self, token: str) -> Target:
        """Raises BadLink."""
        try:
            digest, name, until, *saved = self._serializer.loads(token)
        except BadSignature as error:
            raise BadLink("not ours") from error
        if self._clock.now().timestamp() >= until:
            raise BadLink("past its time")
        return Target(str(digest), str(name), bool(saved))
