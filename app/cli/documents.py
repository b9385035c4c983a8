"""A document in JSON that somebody wrote in an editor and names behind `--file`."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

import click

from app.cli.output import say, why


def read_document(path: Path) -> bytes:
    """What the file holds, in UTF-8 and without the mark with which editors of Windows begin.

    What such an editor calls Unicode is UTF-16. No other code page is guessed.
    """
    try:
        raw = path.read_bytes()
    except OSError as trouble:
        raise click.UsageError(why(trouble)) from trouble
    try:
        if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return raw.decode("utf-16").encode()
        raw = raw.removeprefix(BOM_UTF8)
        raw.decode()
    except UnicodeError as fault:
        at = fault.start + 1 if isinstance(fault, UnicodeDecodeError) else 1
        raise click.UsageError(
            say(
                f"{path}：第 {at} 字节处不是 UTF-8，请在编辑器里另存为 UTF-8。",
                f"{path}: not UTF-8 at byte {at}; save it as UTF-8 in your editor.",
            )
        ) from fault
    return raw
