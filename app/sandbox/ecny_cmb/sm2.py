"""SM2 with SM3 as the bank computes it: written from the standard by itself, other formulas than our gateway's.

Complete addition in homogeneous coordinates (Renes, Costello, Batina 2015, algorithm 1 for any `a`), which has no special
cases; a number's bits are taken one at a time. Source: GM/T 0003-2012.
"""

import secrets
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes

Point = tuple[int, int, int]

p: Final = int("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF", 16)
a: Final = int("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC", 16)
b: Final = int("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93", 16)
n: Final = int("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", 16)
G: Final[Point] = (
    int("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7", 16),
    int("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0", 16),
    1,
)
IDENTITY: Final = "1234567812345678"
_ZERO: Final[Point] = (0, 1, 0)
_SPKI: Final = "3059301306072A8648CE3D020106082A811CCF5501822D03420004"


def new_private() -> int:
    """A secret number nobody knows."""
    return secrets.randbelow(n - 2) + 1


@lru_cache(maxsize=16)
def public_of(private: int) -> Point:
    """Its point, with the third coordinate 1."""
    return _plain(_times(private, G))


def to_asn1(public: Point) -> bytes:
    """As X.509 writes a public key."""
    return bytes.fromhex(f"{_SPKI}{public[0]:064X}{public[1]:064X}")


def hash_of(public: Point, message: bytes, identity: str = IDENTITY) -> int:
    """What is signed: the message behind the hash of who signs it."""
    who = identity.encode()
    head = len(who * 8).to_bytes(2, "big") + who
    for number in (a, b, G[0], G[1], public[0], public[1]):
        head += number.to_bytes(32, "big")
    return int.from_bytes(_sm3(_sm3(head) + message), "big")


def sign(private: int, message: bytes, identity: str = IDENTITY) -> tuple[int, int]:
    """R and S."""
    e = hash_of(public_of(private), message, identity)
    while True:
        k = secrets.randbelow(n - 1) + 1
        r = (e + _plain(_times(k, G))[0]) % n
        s = (k - r * private) * pow(private + 1, n - 2, n) % n
        if 0 not in {r, s, (r + k) % n}:
            return r, s


def holds(public: Point, message: bytes, signature: tuple[int, int], identity: str = IDENTITY) -> bool:
    """Whether the key made it for this message."""
    r, s = signature
    if not (0 < r < n and 0 < s < n and _lies_on_the_curve(public)):
        return False
    t = (r + s) % n
    if not t:
        return False
    point = _plus(_times(s, G), _times(t, public))
    return bool(point[2]) and (hash_of(public, message, identity) + _plain(point)[0]) % n == r


def to_der(signature: tuple[int, int]) -> bytes:
    """SEQUENCE of two INTEGERs."""
    parts = b""
    for number in signature:
        digits = number.to_bytes(number.bit_length() // 8 + 1, "big")  # one bit is left for the sign
        parts += bytes((2, len(digits))) + digits
    return bytes((0x30, len(parts))) + parts


def from_der(raw: bytes) -> tuple[int, int] | None:
    """The two numbers; None for any other bytes, also for numbers written longer than they are."""
    if len(raw) < 2 or raw[0] != 0x30 or raw[1] != len(raw) - 2:
        return None
    numbers, rest = [], raw[2:]
    while len(rest) >= 2 and rest[0] == 2 and len(rest) >= 2 + rest[1]:
        numbers.append(int.from_bytes(rest[2 : 2 + rest[1]], "big", signed=True))
        rest = rest[2 + rest[1] :]
    if rest or len(numbers) != 2 or min(numbers) < 0:
        return None
    found = (numbers[0], numbers[1])
    return found if to_der(found) == raw else None


def _sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _lies_on_the_curve(point: Point) -> bool:
    x, y, z = point
    return z == 1 and 0 <= x < p and 0 <= y < p and y * y % p == (pow(x, 3, p) + a * x + b) % p


def _plain(point: Point) -> Point:
    inverse = pow(point[2], p - 2, p)
    return point[0] * inverse % p, point[1] * inverse % p, 1


def _times(number: int, point: Point) -> Point:
    total = _ZERO
    for place, doubled in enumerate(_doublings(point)):
        if number >> place & 1:
            total = _plus(total, doubled)
    return total


@lru_cache(maxsize=16)
def _doublings(point: Point) -> tuple[Point, ...]:
    """The point times 1, 2, 4, 8 …: few points are ever multiplied, and each of them often."""
    found = [point]
    while len(found) < 256:
        found.append(_plus(found[-1], found[-1]))
    return tuple(found)


def _plus(first: Point, second: Point) -> Point:
    (x1, y1, z1), (x2, y2, z2) = first, second
    xx, yy, zz = x1 * x2, y1 * y2, z1 * z2
    xy = (x1 + y1) * (x2 + y2) - xx - yy
    xz = (x1 + z1) * (x2 + z2) - xx - zz
    yz = (y1 + z1) * (y2 + z2) - yy - zz
    lifted = (a * xz + 3 * b * zz) % p
    low, high = (yy - lifted) % p, (yy + lifted) % p
    slope = (3 * xx + a * zz) % p
    rest = (3 * b * xz + a * (xx - a * zz)) % p
    return (
        (low * xy - yz * rest) % p,
        (low * high + slope * rest) % p,
        (high * yz + xy * slope) % p,
    )
