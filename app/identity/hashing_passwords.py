"""Passwords as scrypt hashes, computed beside the event loop since each takes a few tenths of a second.

The hash says its own cost, `scrypt$15$8$3$salt$hash`, so that the cost may rise without locking anybody out.
"""

import asyncio
import base64
import hashlib
import hmac
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

# N = 2^15, r = 8, p = 3: one of the equal choices of the OWASP Password Storage Cheat Sheet (scrypt).
_COST_LOG2: Final = 15
_BLOCK: Final = 8
_LANES: Final = 3
_SALT_BYTES: Final = 16

# Two at a time, 32 MB each: a crowd at the sign-in page waits instead of filling the memory.
_THREADS: Final = ThreadPoolExecutor(2, thread_name_prefix="scrypt")


async def hash_password(password: str) -> str:
    """What to keep of a password."""
    salt = os.urandom(_SALT_BYTES)
    digest = await _scrypt(password, salt, cost_log2=_COST_LOG2, block=_BLOCK, lanes=_LANES)
    return f"scrypt${_COST_LOG2}${_BLOCK}${_LANES}${_shown(salt)}${_shown(digest)}"


async def is_password(password: str, hashed: str | None) -> bool:
    """Whether the password made this hash. Without a hash it answers False in the same time."""
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

    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


def _shown(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
