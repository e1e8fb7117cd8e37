"""What a file is, by its first bytes. Pure.

Signatures: PNG (RFC 2083), JPEG (ITU-T T.81), WebP (RFC 9649), PDF (ISO 32000, 7.5.2).
"""

UNKNOWN = "application/octet-stream"
# Shown by a browser in the page itself; everything else is offered to be saved.
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/webp"})


def content_type(content: bytes) -> str:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return UNKNOWN
