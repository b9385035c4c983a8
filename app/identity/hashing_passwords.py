"""Passwords as scrypt hashes, computed beside the event loop since each takes a few tenths of a second.

Two at a time, a bounded row behind them, and a deadline for one's turn: a crowd at the sign-in page is told to come
again instead of filling the memory or waiting for ever. The hash says its own cost, `scrypt$15$8$3$salt$hash`, so that
the cost may rise without locking anybody out.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from app.identity.access_errors import PasswordsCrowded

# N = 2^15, r = 8, p = 3: one of the equal choices of the OWASP Password Storage Cheat Sheet (scrypt).
_COST_LOG2: Final = 15
_BLOCK: Final = 8
_LANES: Final = 3
_SALT_BYTES: Final = 16

# 32 MB each, and each takes a core.
_AT_ONCE: Final = 2
_WAITING_MOST: Final = 16
_PATIENCE_S: Final = 5.0
_AGAIN_S: Final = 3
_THREADS: Final = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="scrypt")
_places = threading.BoundedSemaphore(_AT_ONCE + _WAITING_MOST)


async def hash_password(password: str) -> str:
    """What to keep of a password.

    Raises:
        PasswordsCrowded: too many wait already, or its turn did not come in time.
    """
    salt = os.urandom(_SALT_BYTES)
    digest = await _scrypt(password, salt, cost_log2=_COST_LOG2, block=_BLOCK, lanes=_LANES)
    return f"scrypt${_COST_LOG2}${_BLOCK}${_LANES}${_shown(salt)}${_shown(digest)}"


async def is_password(password: str, hashed: str | None) -> bool:
    """Whether the password made this hash. Without a hash it answers False in the same time.

    Raises:
        PasswordsCrowded: as `hash_password`; the password was not tried.
    """
    if hashed is None:
        await hash_password(password)
        return False
    _, cost_log2, block, lanes, salt, digest = hashed.split("$")
    found = await _scrypt(
        password, base64.b64decode(salt), cost_log2=int(cost_log2), block=int(block), lanes=int(lanes)
    )
    return hmac.compare_digest(found, base64.b64decode(digest))


async def _scrypt(password: str, salt: bytes, *, cost_log2: int, block: int, lanes: int) -> bytes:
    def work() -> bytes:
        memory = 128 * block * (lanes + (1 << cost_log2) + 2)
        secret = password.encode(errors="surrogatepass")
        return hashlib.scrypt(secret, salt=salt, n=1 << cost_log2, r=block, p=lanes, maxmem=memory, dklen=32)

    if not _places.acquire(blocking=False):
        raise PasswordsCrowded(retry_after_s=_AGAIN_S)
    doing: Future[bytes] = _THREADS.submit(work)
    doing.add_done_callback(lambda _: _places.release())  # also when it is given up before its turn
    done = asyncio.wrap_future(doing)
    await asyncio.wait([done], timeout=_PATIENCE_S)
    if not done.done() and doing.cancel():  # its turn has not come; what has begun ends by itself, soon
        raise PasswordsCrowded(retry_after_s=_AGAIN_S)
    return await done


def _shown(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
