"""What a reply can say, what each channel can show, and pure renderers.

Leans on nothing of ours.
"""

from replies.render import Part, render
from replies.reply import Button, File, FileKind, Reply, escape

__all__ = ["Button", "File", "FileKind", "Part", "Reply", "escape", "render"]
