"""Who may what: every route of the application, and whoever gets past its door.

A route that is not named here, or is named and gone, fails ``test_routes.py``: whoever adds one
says here for whom it is.
"""

from staff.models import Role

OPERATOR, SUPERVISOR = Role.OPERATOR, Role.SUPERVISOR
EDITOR, ADMINISTRATOR = Role.EDITOR, Role.ADMINISTRATOR

STAFF = frozenset(Role)
SERVING = frozenset({OPERATOR, SUPERVISOR, ADMINISTRATOR})
SHIFT = frozenset({SUPERVISOR, ADMINISTRATOR})
EDITORS = frozenset({EDITOR, ADMINISTRATOR})
ADMINISTRATORS = frozenset({ADMINISTRATOR})

# Behind the login: method and path by those who may.
GUARDED: dict[frozenset[Role], str] = {
    STAFF: """
        GET /profile
        POST /profile/password
        POST /profile/sessions/{session_id}/end
        POST /profile/logout-everywhere
        POST /logout
        GET /staff/events
        GET /staff/session
        GET /login/done
    """,
    SERVING: """
        GET /inbox/channels
        GET /inbox/undelivered
        POST /inbox/undelivered/retry
        POST /inbox/undelivered/drop
        POST /inbox/files
        POST /inbox/files/article
        GET /inbox/files/draft/{token}
        GET /inbox/files/{file_id}
        GET /inbox/files/{file_id}/picture
        POST /inbox/files/{file_id}/again
        GET /inbox/canned
        POST /inbox/canned
        POST /inbox/canned/{reply_id}/remove
        POST /inbox/many
        POST /inbox/break
        GET /inbox
        GET /inbox/list
        GET /inbox/{handoff_id}
        GET /inbox/{handoff_id}/pane
        GET /inbox/{handoff_id}/older
        GET /inbox/{handoff_id}/news
        GET /inbox/{handoff_id}/customer
        POST /inbox/{handoff_id}/take
        POST /inbox/{handoff_id}/say
        POST /inbox/{handoff_id}/undo
        POST /inbox/{handoff_id}/again
        POST /inbox/{handoff_id}/no-answer
        POST /inbox/{handoff_id}/return
        POST /inbox/{handoff_id}/close
        POST /inbox/{handoff_id}/rating
        POST /inbox/{handoff_id}/snooze
        POST /inbox/{handoff_id}/unsnooze
        POST /inbox/{handoff_id}/promise
        POST /inbox/{handoff_id}/label
        POST /inbox/{handoff_id}/transfer
        POST /inbox/{handoff_id}/abuse/{step}
        POST /inbox/{handoff_id}/misunderstood
        POST /inbox/{handoff_id}/claims/{claim_id}/confirm
        POST /inbox/{handoff_id}/claims/{claim_id}/refuse
        POST /inbox/{handoff_id}/lend
        POST /inbox/{handoff_id}/confirm
        GET /inbox/{handoff_id}/earlier/{other_id}
        GET /inbox/{handoff_id}/chats/{conversation_id}
        POST /inbox/{handoff_id}/chats/{conversation_id}/part
        POST /inbox/{handoff_id}/first
        POST /inbox/style
        GET /inbox/{handoff_id}/insert
        POST /inbox/{handoff_id}/presence
        GET /readings
        POST /readings/{reading_id}/accept
        POST /readings/{reading_id}/correct
        POST /readings/{reading_id}/refuse
        POST /readings/{reading_id}/retry
        POST /readings/{reading_id}/close
    """,
    SHIFT: """
        GET /board
        GET /board/now
        GET /board/export.xlsx
        POST /board/announcements
        POST /board/announcements/{announcement_id}/end
    """,
    EDITORS: """
        GET /kb
        GET /kb/new
        POST /kb/new
        POST /kb/try
        POST /kb/preview
        POST /kb/files
        POST /kb/table
        GET /kb/model
        POST /kb/model/train
        POST /kb/model/back
        GET /kb/trainings/{training_id}
        POST /kb/trainings/{training_id}/confirm
        POST /kb/trainings/{training_id}/cancel
        GET /kb/check
        POST /kb/check
        GET /kb/check/export.yml
        POST /kb/check/import
        GET /kb/gaps
        GET /kb/gaps/export.csv
        POST /kb/gaps/teach
        POST /kb/gaps/new
        POST /kb/gaps/not-ours
        POST /kb/gaps/{gap_id}/original
        GET /kb/values
        GET /kb/values/{key}
        POST /kb/values/{key}/check
        POST /kb/values/{key}/save
        POST /kb/values/{key}/withdraw/{value_id}
        POST /kb/{article_id}/people
        POST /kb/{article_id}/approve
        POST /kb/{article_id}/send-back
        GET /kb/reminders
        GET /kb/reminders/count
        POST /kb/reminders/{reminder_id}/seen
        GET /kb/{article_id}/withdraw
        POST /kb/{article_id}/withdraw
        GET /kb/{article_id}
        POST /kb/{article_id}/autosave
        POST /kb/{article_id}/forget
        POST /kb/{article_id}/save
        POST /kb/{article_id}/publish
        GET /kb/{article_id}/versions/{version_id}
        POST /kb/{article_id}/versions/{version_id}/restore
    """,
    ADMINISTRATORS: """
        GET /people
        POST /people
        POST /people/{person_id}
        POST /people/{person_id}/{act}
        POST /groups
        GET /audit
        GET /hours
        POST /hours
        GET /restored
        POST /restored/release
        POST /restored/discard
    """,
}

# Before any login: method and path by what guards them instead.
OPEN: dict[str, str] = {
    "throttle and origin": """
        GET /login
        POST /login
        GET /login/code
        POST /login/code
    """,
    "the visitor's own token, header and origin": """
        POST /chat/visitor
        POST /chat/messages
        GET /chat/history
        POST /chat/seen
        POST /chat/phone
        POST /chat/end
        POST /chat/files
        GET /chat/events
    """,
    "the platform's secret or signature": """
        POST /webhooks/telegram
        POST /webhooks/vk
        POST /webhooks/viber
        POST /webhooks/max
        POST /webhooks/ok/{shown}
        POST /api/billing/payments
    """,
    "a signed link": """
        GET /media/{token}/{name}
    """,
    "the address of a private network": """
        GET /metrics
    """,
    "nothing: it is for everybody": """
        GET /
        GET /chat
        GET /chat/demo-site
        GET /widget.js
        GET /api/kb/articles
        GET /api/kb/files/{name}
        GET /api/openapi.json
        GET /healthz
        GET /readyz
    """,
}

MOUNTED = frozenset(
    {"/static", "/static/billing", "/static/handoff", "/static/knowledge_base", "/static/web_chat"}
)

# What stands in an address in place of its parts; numbers are of things that are there.
PARTS: dict[str, str] = {
    "handoff_id": "1", "conversation_id": "1", "other_id": "1", "claim_id": "1", "file_id": "1",
    "reply_id": "1", "person_id": "1", "reading_id": "1", "announcement_id": "1",
    "article_id": "1", "version_id": "1", "training_id": "1", "reminder_id": "1", "gap_id": "1",
    "value_id": "1", "session_id": "1", "key": "tariffs", "token": "made-up", "name": "made-up.png",
    "shown": "made-up", "act": "logout", "step": "warn",
}  # fmt: skip


def guarded() -> dict[str, frozenset[Role]]:
    """«GET /inbox» → who may."""
    return {one: who for who, lines in GUARDED.items() for one in _lines(lines)}


def opened() -> dict[str, str]:
    """«GET /chat» → what guards it."""
    return {one: why for why, lines in OPEN.items() for one in _lines(lines)}


def address(path: str) -> str:
    """The path with something in place of its parts."""
    for name, value in PARTS.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _lines(lines: str) -> list[str]:
    return [line.strip() for line in lines.strip().splitlines()]
