"""Passwords as Argon2id hashes, computed beside the event loop since each takes about a tenth of a second and a core.

Two at a time, with a bounded line before them in which each network is served in turn: a crowd at the sign-in page is
told to come again instead of filling the memory or waiting for ever. A hash states its own cost, so the cost may rise
without locking anybody out; `is_outdated` says when a hash should be made anew. Hashes of the first release are scrypt
(`scrypt$15$8$3$salt$hash`) and are read for as long as they exist.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app.foundation.identity.access_errors import PasswordHashBroken, PasswordsCrowded
from app.foundation.identity.envelope import PasswordCost
from app.gateways.waiting import Threads
from app.kernel.errors import Crowded

T = TypeVar("T")
_SCRYPT: Final = "scrypt$"
_SCRYPT_COST_LOG2_MOST: Final = 17
"""128 MB with blocks of 8: a damaged row must not be able to ask for more."""
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32

_AT_ONCE: Final = 2
"""Each takes a core, and the memory that `PasswordCost` says."""
_WAITING_MOST: Final = 16
"""From one network; from all together four times as many."""
_PATIENCE_S: Final = 5.0
_AGAIN_S: Final = 3
_threads = Threads(_AT_ONCE, waiting_most=_WAITING_MOST, patience_s=_PATIENCE_S)


async def hash_password(password: str, *, cost: PasswordCost, place: str = "") -> str:
    """What to keep of a password. `place` is the network in whose turn it is computed.

    Raises:
        PasswordsCrowded: too many wait already, or its turn did not come in time.
    """
    return await _in_turn(lambda: _hasher(cost).hash(_secret(password)), place)


async def is_password(password: str, hashed: str | None, *, cost: PasswordCost, place: str = "") -> bool:
    """Whether the password made this hash. Without a hash it answers False in the time that a hash of `cost` takes.

    Raises:
        PasswordsCrowded: as `hash_password`; the password was not tried.
        PasswordHashBroken: what is stored is no hash; no password fits it.
    """
    if hashed is None:
        await hash_password(password, cost=cost, place=place)
        return False
    check = _is_scrypt if hashed.startswith(_SCRYPT) else _is_argon2
    return await _in_turn(lambda: check(password, hashed), place)


def is_outdated(hashed: str, *, cost: PasswordCost) -> bool:
    """Whether a hash was made by another algorithm or at another cost than today's."""
    return hashed.startswith(_SCRYPT) or _hasher(cost).check_needs_rehash(hashed)


def _hasher(cost: PasswordCost) -> PasswordHasher:
    return PasswordHasher(
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=_HASH_BYTES,
        salt_len=_SALT_BYTES,
        type=Type.ID,
    )


def _is_argon2(password: str, hashed: str) -> bool:
    try:
        return PasswordHasher().verify(hashed, _secret(password))  # every parameter stands in the hash
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as trouble:
        raise PasswordHashBroken from trouble


def _is_scrypt(password: str, hashed: str) -> bool:
    try:
        _, cost_log2, block, lanes, salt, digest = hashed.split("$")
        if not 1 <= int(cost_log2) <= _SCRYPT_COST_LOG2_MOST or not 1 <= int(block) <= 8 or not 1 <= int(lanes) <= 8:
            raise ValueError(hashed[:20])  # noqa: TRY301 - one way out for whatever is wrong with it
        wanted = base64.b64decode(digest, validate=True)
        found = hashlib.scrypt(
            _secret(password),
            salt=base64.b64decode(salt, validate=True),
            n=1 << int(cost_log2),
            r=int(block),
            p=int(lanes),
            maxmem=128 * int(block) * (int(lanes) + (1 << int(cost_log2)) + 2),
            dklen=_HASH_BYTES,
        )
    except (ValueError, binascii.Error) as trouble:
        raise PasswordHashBroken from trouble
    return hmac.compare_digest(found, wanted)


def _secret(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


async def _in_turn(work: Callable[[], T], place: str) -> T:
    try:
        return await _threads.run(work, account=place)
    except Crowded:
        raise PasswordsCrowded(retry_after_s=_AGAIN_S) from None
