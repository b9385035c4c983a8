"""SM2 signatures over SM3 in plain Python, since no library that we run has them. Pure.

A signature or a check takes a few milliseconds, so that callers use a thread. **Not constant-time**: how long a
signature takes depends on its secret numbers (SECURITY.md).

Source: GB/T 32918-2016 parts 1, 2 and 5 (GM/T 0003-2012), the recommended curve. SM3 (GB/T 32905-2016) is OpenSSL's,
through `cryptography`.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3, Hash

P: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
GX: Final = 0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7
GY: Final = 0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0
USER_ID: Final = b"1234567812345678"
"""Of both sides: the standard's own, which the bank keeps."""
_WIDTH: Final = 32
_BITS: Final = 256
_WINDOW: Final = 4

_Point = tuple[int, int, int]
"""Jacobian: `(X, Y, Z)` stands for `(X/Z², Y/Z³)`; with `Z` zero for the point at infinity."""
_INFINITY: Final[_Point] = (1, 1, 0)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of the curve.

    Raises:
        ValueError: it is not on the curve, or its coordinates are out of range.
    """

    x: int
    y: int
    _multiples: tuple[_Point, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The curve's order is prime: every point on it but infinity, which has no coordinates, is of full order.
        if not (0 <= self.x < P and 0 <= self.y < P) or (self.y**2 - self.x**3 - A * self.x - B) % P:
            raise ValueError("not a point of the SM2 curve")
        object.__setattr__(self, "_multiples", _table((self.x, self.y, 1)))


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A secret number and its point.

    Raises:
        ValueError: the number is not from 1 to n - 2.
    """

    number: int = field(repr=False)
    public: PublicKey = field(init=False)

    def __post_init__(self) -> None:
        if not 1 <= self.number <= N - 2:
            raise ValueError("an SM2 private key is a number from 1 to n - 2")
        object.__setattr__(self, "public", PublicKey(*_affine(_sum((_G, self.number)))))


def sm3(data: bytes) -> bytes:
    """The 32 bytes of SM3."""
    hashing = Hash(SM3())
    hashing.update(data)
    return hashing.finalize()


def digest(key: PublicKey, message: bytes, *, user_id: bytes = USER_ID) -> int:
    """What is signed for a message: SM3 over the signer's identity and key, then over that and the message."""
    numbers = (A, B, GX, GY, key.x, key.y)
    identity = (8 * len(user_id)).to_bytes(2) + user_id + b"".join(one.to_bytes(_WIDTH) for one in numbers)
    return int.from_bytes(sm3(sm3(identity) + message))


def sign(
    key: PrivateKey,
    message: bytes,
    *,
    user_id: bytes = USER_ID,
    draw: Callable[[], int] = lambda: 1 + secrets.randbelow(N - 1),
) -> tuple[int, int]:
    """`r` and `s` of a message. `draw` gives the number from 1 to n - 1 that nobody may know or see twice."""
    e = digest(key.public, message, user_id=user_id)
    while True:
        k = draw()
        r = (e + _affine(_sum((_G, k)))[0]) % N
        s = pow(1 + key.number, -1, N) * (k - r * key.number) % N
        if r and s and r + k != N:
            return r, s


def verifies(key: PublicKey, message: bytes, signature: tuple[int, int], *, user_id: bytes = USER_ID) -> bool:
    """Whether the holder of this key signed the message as `user_id`."""
    r, s = signature
    if not (1 <= r < N and 1 <= s < N):
        return False
    t = (r + s) % N
    if t == 0:
        return False
    point = _sum((_G, s), (key._multiples, t))  # noqa: SLF001 - computed once for the key, and nobody else's
    return point[2] != 0 and (digest(key, message, user_id=user_id) + _affine(point)[0] - r) % N == 0


def _double(point: _Point) -> _Point:
    x, y, z = point
    delta, gamma = z * z % P, y * y % P
    beta, alpha = x * gamma % P, 3 * (x - delta) * (x + delta) % P
    x3 = (alpha * alpha - 8 * beta) % P
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % P, 2 * y * z % P


def _add(one: _Point, other: _Point) -> _Point:
    if not one[2] or not other[2]:
        return one if one[2] else other
    (x1, y1, z1), (x2, y2, z2) = one, other
    z1z1, z2z2 = z1 * z1 % P, z2 * z2 % P
    u1, s1 = x1 * z2z2 % P, y1 * z2 * z2z2 % P
    h, r = (x2 * z1z1 - u1) % P, (y2 * z1 * z1z1 - s1) % P
    if not h:
        return _INFINITY if r else _double(one)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, z1 * z2 * h % P


def _table(point: _Point) -> tuple[_Point, ...]:
    """The multiples 0 to 15 of a point."""
    found = [_INFINITY]
    for _ in range((1 << _WINDOW) - 1):
        found.append(_add(found[-1], point))
    return tuple(found)


def _sum(*terms: tuple[tuple[_Point, ...], int]) -> _Point:
    """The sum of points, each times its number, by their tables: four bits of every number at a time."""
    total = _INFINITY
    for shift in range(_BITS - _WINDOW, -1, -_WINDOW):
        for _ in range(_WINDOW if total[2] else 0):
            total = _double(total)
        for multiples, number in terms:
            total = _add(total, multiples[number >> shift & (1 << _WINDOW) - 1])
    return total


def _affine(point: _Point) -> tuple[int, int]:
    x, y, z = point
    inverse = pow(z, -1, P)
    return x * inverse**2 % P, y * inverse**3 % P


_G: Final = _table((GX, GY, 1))
