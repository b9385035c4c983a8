"""The files by which WeChat checks that a domain is ours: `MP_verify_….txt` and the like, at the root and below /s/.

An operator puts them into `config/wechat_verify/`; they are served at once, without a restart.
"""

import re
from pathlib import Path
from typing import Final

from litestar import Response

from app.gateways.waiting import Threads
from app.views.errors import NoSuchPage

FOLDER: Final = Path(__file__).resolve().parents[3] / "config" / "wechat_verify"
BYTES_MAX: Final = 4096
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\.txt")
"""No dot but the last, no slash: nothing outside the folder has such a name."""
_READERS: Final = Threads(2, waiting_most=32)


def is_asked(name: str) -> bool:
    """Whether a path's last part asks for such a file; a scene's code never ends in `.txt`."""
    return name.endswith(".txt")


async def answer(name: str) -> Response[bytes]:
    """The file, exactly as it was put there.

    Raises:
        NoSuchPage: no such file, or a name that is none.
    """
    content = await _READERS.run(_read, name) if _NAME.fullmatch(name) else None
    if content is None:
        raise NoSuchPage
    return Response(content, media_type="text/plain", headers={"cache-control": "no-cache"})


def _read(name: str) -> bytes | None:
    path = FOLDER / name
    if path.is_symlink() or not path.is_file() or path.stat().st_size > BYTES_MAX:
        return None
    return path.read_bytes()
