"""What a reply can say, what each channel can show, and pure renderers.

Leans on nothing of ours.
"""

from replies.render import Part, render
from replies.reply import Button, Reply, escape

__all__ = ["Button", "Part", "Reply", "escape", "render"]
