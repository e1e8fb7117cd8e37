"""What a file is, by its first bytes. Pure.

Signatures: PNG (RFC 2083), JPEG (ITU-T T.81), WebP (RFC 9649), GIF89a, PDF (ISO 32000, 7.5.2),
Ogg (RFC 3533), ISO base media (ISO 14496-12, 4.3), MP3 (ID3v2, ISO 11172-3), ZIP (APPNOTE, 4.3.7)
with the parts of OOXML (ECMA-376) and ODF (1.3, part 2, 3.3), compound files ([MS-CFB], 2.2).
"""

import io
import zipfile

UNKNOWN = "application/octet-stream"
# Shown by a browser in the page itself; everything else is offered to be saved.
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/webp"})

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
# The brand of an ISO base media file; what is none of these is taken for a video.
_BRANDS = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic",
           b"M4A ": "audio/mp4"}  # fmt: skip
_OFFICE = (
    (
        "word/document.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
)
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."

# Endings under which a file of a type is saved; the first one is added where none of them stands.
_ENDINGS = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "image/heic": (".heic", ".heif"),
    "application/pdf": (".pdf",),
    "application/rtf": (".rtf", ".doc"),
    "application/x-ole-storage": (".doc", ".xls"),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a",),
    "video/mp4": (".mp4", ".mov", ".m4v", ".3gp"),
    "text/plain": (".txt", ".csv"),
    _OFFICE[0][1]: (".docx",),
    _OFFICE[1][1]: (".xlsx",),
    f"{_OPEN_DOCUMENT}text": (".odt",),
    f"{_OPEN_DOCUMENT}spreadsheet": (".ods",),
}


def content_type(content: bytes) -> str:
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "video/mp4")
    if content.startswith(b"PK\x03\x04"):
        return _packed(content)
    return "text/plain" if _is_plain(content) else UNKNOWN


def is_taken(kind: str) -> bool:
    """Whether a customer's file of this type is kept: pictures, papers, sound and video, but no
    page, program, archive or macro."""
    return kind in _ENDINGS


def saved_as(name: str, kind: str) -> str:
    """``name`` with an ending that says what the file is: «a.exe» that is a picture is
    «a.exe.jpg»."""
    endings = _ENDINGS.get(kind, ())
    return name if not endings or name.lower().endswith(endings) else name + endings[0]


def _packed(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return UNKNOWN
    if any(name.endswith("vbaProject.bin") for name in names):
        return UNKNOWN
    for part, kind in _OFFICE:
        if part in names:
            return kind
    # The type of an ODF file stands uncompressed at its beginning.
    for kind in ("text", "spreadsheet"):
        if content[30:].startswith(f"mimetype{_OPEN_DOCUMENT}{kind}".encode()):
            return _OPEN_DOCUMENT + kind
    return UNKNOWN


def _is_plain(content: bytes) -> bool:
    """Words in UTF-8, and not the beginning of what a machine would take for its own."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    begins = text.lstrip("\ufeff \t\r\n")
    controls = any((sign < " " and sign not in "\t\r\n\f") or sign == "\x7f" for sign in text)
    return bool(begins) and not begins.startswith(("<", "#!", "MZ", "RIFF")) and not controls
