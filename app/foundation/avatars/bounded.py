"""Drawing a stranger's picture anew in a process of its own: two at a time, each with bounds on memory and time.

An error of the decoder, a bomb, a crash end that process and nothing else; whoever sent the picture is told that it cannot be
read.
"""

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.foundation.avatars.errors import (
    AvatarAnimated,
    AvatarBroken,
    AvatarDimensions,
    AvatarPolyglot,
    AvatarTooLarge,
    AvatarTypeUnknown,
)
from app.gateways.waiting import Line
from app.kernel.errors import RuleBroken

BYTES_MAX: Final = 2 * 1024 * 1024
"""Of an upload; also what the process reads at most."""
_DRAWER: Final = Path(__file__).with_name("decoding.py")
_AT_ONCE: Final = 2
_PATIENCE_S: Final = 10.0
_REFUSED: Final = 3
_FACTS: Final[Mapping[str, type[RuleBroken]]] = {
    "size": AvatarTooLarge,
    "type": AvatarTypeUnknown,
    "animated": AvatarAnimated,
    "dimensions": AvatarDimensions,
    "polyglot": AvatarPolyglot,
    "broken": AvatarBroken,
}
_line = Line(_AT_ONCE, waiting_most=8)


async def redraw(data: bytes, *, account: str) -> bytes:
    """The picture as we keep it: 256 × 256, WebP. `account` waits in its own line, so that nobody's flood stops the others.

    Raises:
        AvatarTooLarge, AvatarTypeUnknown, AvatarAnimated, AvatarDimensions, AvatarPolyglot, AvatarBroken: it is not taken.
        Crowded: too many pictures wait.
    """
    if len(data) > BYTES_MAX:
        raise AvatarTooLarge
    async with _line.turn(account):
        # Isolated: it sees no module of ours, nothing of the environment but what Python needs.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_DRAWER), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env={},
        )  # fmt: skip
        try:
            async with asyncio.timeout(_PATIENCE_S):
                told, _ = await process.communicate(data)
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            raise AvatarBroken from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
    if process.returncode == 0 and told[:4] == b"RIFF":
        return told
    reason = told.decode("ascii", "replace") if process.returncode == _REFUSED else "broken"
    raise _FACTS.get(reason, AvatarBroken)
