"""A customer's file as the conversation shows it. No I/O."""

from dataclasses import dataclass

from media.attachments import Enclosed
from media.models import AttachmentState, Problem

_PROBLEMS = {
    Problem.ADDRESS: "ссылка ведёт не в интернет",
    Problem.SCHEME: "ссылка без защиты (не https)",
    Problem.REDIRECTS: "слишком много перенаправлений",
    Problem.GONE: "мессенджер его больше не отдаёт",
    Problem.TOO_LARGE: "он больше 20 МБ",
    Problem.TYPE: "такой вид файлов не принимается",
    Problem.EMPTY: "он пустой",
    Problem.SLOW: "он шёл слишком долго",
    Problem.UNREACHABLE: "мессенджер не отвечает",
}
# Another try gives the same again.
_FOR_GOOD = {Problem.ADDRESS, Problem.SCHEME, Problem.TOO_LARGE, Problem.TYPE, Problem.EMPTY}


@dataclass(frozen=True, slots=True)
class FileShown:
    """``state``: picture, file, waiting or failed; ``problem``: why it is not there;
    ``again``: another try may help."""

    id: int
    state: str
    name: str
    size: str = ""
    width: int = 0
    height: int = 0
    problem: str = ""
    again: bool = False


def shown(file: Enclosed) -> FileShown:
    if file.state == AttachmentState.KEPT:
        state = "picture" if file.preview else "file"
        return FileShown(
            file.id, state, file.name, size(file.size), width=file.width, height=file.height
        )
    if file.state == AttachmentState.WAITING:
        return FileShown(file.id, "waiting", file.name, problem="повторим" if file.problem else "")
    return FileShown(
        file.id, "failed", file.name, problem=_why(file), again=file.problem not in _FOR_GOOD
    )


def size(octets: int) -> str:
    """«740 КБ», «1,2 МБ»."""
    if octets < 1024 * 1024:
        return f"{max(1, round(octets / 1024))} КБ"
    return f"{octets / 1024 / 1024:.1f} МБ".replace(".", ",")


def _why(file: Enclosed) -> str:
    if file.problem == Problem.HOST:
        return f"адрес {file.host} не разрешён, сообщите администратору"
    return _PROBLEMS.get(Problem(file.problem), "") if file.problem else ""
