"""How a verb speaks: in the reader's language, on lines that fit into a terminal."""

import errno
import os
import socket
from typing import TYPE_CHECKING, Final, NoReturn

import click

from app.cli.columns import WIDTH, apart, columns, flushed, wrapped

if TYPE_CHECKING:
    from app.kernel.text import Language

_ERRNO: Final = {
    errno.ENOENT: "没有这个文件或目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许",
    errno.EISDIR: "这是目录",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EEXIST: "已经存在",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "文件系统只读",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
    socket.EAI_NONAME: "没有这个主机名",
}


def read_language() -> "Language":
    """The reader's, by the terminal's locale."""
    from app.kernel.text import choose_language

    wishes = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return choose_language(next(filter(None, wishes), "en"))


def say(zh: str, en: str) -> str:
    """The sentence in the reader's language."""
    return zh if read_language().value == "zh" else en


def line(text: str = "", *, hang: int = 2, err: bool = False) -> None:
    """Print the text on as many lines as a terminal's width asks for; see `columns.wrapped`."""
    for one in text.split("\n"):
        for piece in wrapped(one, hang=hang):
            click.echo(piece, err=err)


def side_by_side(left: str, right: str, *, width: int = WIDTH) -> None:
    """One text at the left, one at the right; below each other where they do not fit into so many columns."""
    if columns(left) + columns(right) + 2 <= width:
        click.echo(apart(left, right, width).rstrip())
        return
    line(left, hang=4)
    line(flushed(right, width))


def fail(faults: list[str]) -> NoReturn:
    """Print each fault on a line of its own and leave with 1."""
    for fault in faults:
        line(f"✘ {fault}", err=True)
    raise SystemExit(1)


def why(trouble: OSError) -> str:
    """What the system says of a file, and of which."""
    said = trouble.strerror or str(trouble)
    text = say(_ERRNO.get(trouble.errno or 0, said), said)
    return say(f"{trouble.filename}：{text}", f"{trouble.filename}: {text}") if trouble.filename else text
