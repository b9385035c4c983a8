"""One intent, one effect, one answer: the header `Idempotency-Key` on everything that moves money or credits.

The room makes the effect unique by the key it is given; here the *answer* is kept. So a crash between the two is
harmless: the same request finds no answer, asks the room again, and the room tells what it did the first time.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import Annotated, Any, Final, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.params import HeaderParameter
from litestar.serialization import default_serializer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.views import errors

T = TypeVar("T")

KEY_LENGTH_MAX: Final = 255
OPEN_MS: Final = 5_000
"""How long a first request may be at work before another with its key may try. A process that is killed leaves its
hold behind, so an honest repeat waits as long; the room's unique key makes a second try harmless."""
_REDIS_S: Final = 0.2
_PRINTABLE: Final = r"^[ -~]{1,255}$"
_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=KEY_LENGTH_MAX,
        pattern=_PRINTABLE,
        description="One per intent, the same on every retry of it; 每个操作意图一个键，重试时不变",
    ),
]
"""Type of a handler's parameter. The name of the parameter is free."""


class KeptAnswer(Protocol):
    """What the first request with a key was, and what it was told."""

    @property
    def body_sha256(self) -> bytes:
        """See `body_hash`."""

    @property
    def status(self) -> int:
        """The status told."""

    @property
    def answer(self) -> bytes:
        """The bytes told."""


class IntentStore(Protocol):
    """Where answers are kept, 30 days at least; the effect's own key stays for ever. The room `intents` is one."""

    async def find(self, actor: UUID, key: str) -> KeptAnswer | None:
        """The answer kept for this actor's key."""

    async def keep(self, actor: UUID, key: str, body_sha256: bytes, status: int, answer: bytes) -> None:
        """Keep the answer, unless one is kept already: the first one stays."""


class InFlight:
    """Which keys are at work now: exact in this process, over processes as long as Redis answers."""

    def __init__(self, redis: "Redis | None" = None) -> None:
        self._here: set[tuple[UUID, str]] = set()
        self._redis = redis
        self._release: Callable[..., Awaitable[Any]] | None = (
            redis.register_script(_RELEASE) if redis is not None else None
        )

    @asynccontextmanager
    async def hold(self, actor: UUID, key: str) -> AsyncIterator[None]:
        """Hold a key while its request is at work.

        Raises:
            KeyInProgress: somebody else holds it.
        """
        if (actor, key) in self._here:
            raise errors.KeyInProgress(retry_after_s=1)
        self._here.add((actor, key))
        name, mark = f"intent:{actor}:{sha256(key.encode()).hexdigest()}", secrets.token_hex(8)
        try:
            if not await self._take(name, mark):
                raise errors.KeyInProgress(retry_after_s=1)
            try:
                yield
            finally:
                if self._release is not None:
                    with suppress(RedisError, OSError, TimeoutError):  # it lapses by itself
                        async with asyncio.timeout(_REDIS_S):
                            await self._release(keys=[name], args=[mark])
        finally:
            self._here.discard((actor, key))

    async def _take(self, name: str, mark: str) -> bool:
        if self._redis is None:
            return True
        try:
            async with asyncio.timeout(_REDIS_S):
                return bool(await self._redis.set(name, mark, nx=True, px=OPEN_MS))
        except (RedisError, OSError, TimeoutError):
            return True  # the room's unique key still stands


def checked(key: str | None) -> str:
    """A key that came otherwise than in the header, such as a page's hidden field.

    Raises:
        KeyMalformed: see `IdempotencyKey`.
    """
    if key is None or re.fullmatch(_PRINTABLE, key) is None:
        raise errors.KeyMalformed
    return key


async def body_hash(request: Request[Any, Any, Any]) -> bytes:
    """What makes two requests the same: method, path and the bytes of the body."""
    digest = sha256(f"{request.scope['method']} {request.scope['path']}\n".encode())
    digest.update(await request.body())
    return digest.digest()


async def answer_once(
    request: Request[Any, Any, Any],
    use_case: Callable[[], Awaitable[T]],
    *,
    actor: UUID,
    key: str,
    status: int = 201,
    may: Callable[[], Awaitable[object]] | None = None,
) -> Response[T]:
    """The answer to this intent: from the use case the first time, the same bytes and status on every repeat.

    Takes `app.state.intents` (an `IntentStore`) and `app.state.in_flight` (an `InFlight`). A refusal is not kept:
    nothing has moved, and the same intent may succeed later. `may` is asked before a kept answer is told again, and
    raises where the actor's power has ended since; the use case asks by itself.

    Raises:
        KeyInProgress: the first request is still at work.
        KeyReused: the key was used for another request.
    """
    store: IntentStore = request.app.state.intents
    in_flight: InFlight = request.app.state.in_flight
    digest = await body_hash(request)
    async with in_flight.hold(actor, key):
        kept = await store.find(actor, key)
        if kept is not None:
            if not secrets.compare_digest(kept.body_sha256, digest):
                raise errors.KeyReused
            if may is not None:
                await may()
            return _answer(kept.answer, kept.status, replayed=True)
        body = msgspec.json.encode(await use_case(), enc_hook=default_serializer)
        await store.keep(actor, key, digest, status, body)
        return _answer(body, status, replayed=False)


def _answer(body: bytes, status: int, *, replayed: bool) -> Response[Any]:
    headers = {"idempotent-replayed": "true"} if replayed else None
    # Bytes pass Litestar unchanged; the type stays that of the use case, for the API's description.
    return Response[Any](body, status_code=status, media_type="application/json", headers=headers)
