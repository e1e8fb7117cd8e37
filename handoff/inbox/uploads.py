"""Files that an operator is about to send: kept at once, and named by a signed token until then.

The token is all there is: a draft that is thrown away leaves a file to which nothing leads, and
which is forgotten with the old ones.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from handoff.errors import UploadGone
from media.attachments import KeptFile
from replies import File, FileKind
from storage.clock import Clock

SALT = "okno-inbox-upload"
# A draft may wait over a weekend.
LIFETIME = timedelta(days=7)
# With one answer.
MOST = 5


@dataclass(frozen=True, slots=True)
class Upload:
    """``name``: as the customer saves it."""

    kept: KeptFile
    name: str

    @property
    def is_picture(self) -> bool:
        return self.kept.preview is not None

    def reply_file(self) -> File:
        kind = FileKind.PICTURE if self.is_picture else FileKind.DOCUMENT
        return File(kind, self.kept.digest, self.name, "Фото" if self.is_picture else "Документ")

    def attachment(self) -> dict[str, object]:
        """As ``media.attachments.row`` takes it."""
        kind = "photo" if self.is_picture else "document"
        return {"type": kind, "name": self.name, "kept": self.kept.columns()}


class Uploads:
    """Tokens are good only for the person who sent the file up."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._serializer = URLSafeSerializer(key, salt=SALT)
        self._clock = clock

    def token(self, upload: Upload, person_id: int) -> str:
        until = int((self._clock.now() + LIFETIME).timestamp())
        return str(self._serializer.dumps([asdict(upload.kept), upload.name, person_id, until]))

    def open(self, token: str, person_id: int) -> Upload:
        """Raises UploadGone: not ours, not this person's, or too old."""
        try:
            kept, name, owner, until = self._serializer.loads(token)
        except BadSignature as error:
            raise UploadGone from error
        if owner != person_id or self._clock.now().timestamp() >= until:
            raise UploadGone
        return Upload(KeptFile(**kept), name)
