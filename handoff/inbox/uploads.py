"""Files that an operator is about to send, his own or an article's: kept at once, and named by a
signed token until then.

The token is all there is: a draft that is thrown away leaves a file to which nothing leads, and
which is forgotten with the old ones.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from handoff.errors import UploadGone
from media.attachments import KeptFile, keep
from media.errors import FileGone, NotAllowed
from media.store import MediaStore
from replies import File, FileKind
from storage.clock import Clock

SALT = "okno-inbox-upload"
# A draft may wait over a weekend.
LIFETIME = timedelta(days=7)
# With one answer: an article's six (``knowledge_base.files.references``) and some of one's own.
MOST = 10


@dataclass(frozen=True, slots=True)
class Upload:
    """``name``: as the customer saves it. ``article_alt``: what is in an article's file, in words;
    None for a file of the operator's own."""

    kept: KeptFile
    name: str
    article_alt: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it: what is in an operator's own file nobody knows."""
        return self.article_alt is not None

    @property
    def is_picture(self) -> bool:
        return self.kept.preview is not None

    def reply_file(self) -> File:
        kind = FileKind.PICTURE if self.is_picture else FileKind.DOCUMENT
        alt = self.article_alt or ("Фото" if self.is_picture else "Документ")
        return File(kind, self.kept.digest, self.name, alt)

    def attachment(self) -> dict[str, object]:
        """As ``media.attachments.row`` takes it."""
        kind = "photo" if self.is_picture else "document"
        return {"type": kind, "name": self.name, "kept": self.kept.columns()}


async def of_article(store: MediaStore, files: Sequence[File]) -> list[Upload]:
    """``files`` as the assistant sends them with the article. What is not there any more is left
    out: the operator sees what he sends."""
    found = []
    for file in files:
        try:
            kept = await keep(store, await store.read(file.key))
        except (FileGone, NotAllowed):
            continue
        found.append(Upload(kept, file.name, file.alt))
    return found


class Uploads:
    """Tokens are good only for the person who sent the file up."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._serializer = URLSafeSerializer(key, salt=SALT)
        self._clock = clock

    def token(self, upload: Upload, person_id: int) -> str:
        until = int((self._clock.now() + LIFETIME).timestamp())
        told = [asdict(upload.kept), upload.name, person_id, until]
        if upload.is_public:
            told.append(upload.article_alt)
        return str(self._serializer.dumps(told))

    def open(self, token: str, person_id: int) -> Upload:
        """Raises UploadGone: not ours, not this person's, or too old."""
        try:
            kept, name, owner, until, *article_alt = self._serializer.loads(token)
        except BadSignature as error:
            raise UploadGone from error
        if owner != person_id or self._clock.now().timestamp() >= until:
            raise UploadGone
        return Upload(KeptFile(**kept), name, *article_alt)
