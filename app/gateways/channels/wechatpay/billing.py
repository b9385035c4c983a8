"""The trade bill (交易账单): where it lies is told under the platform's signature, its file is known by that digest."""

import hashlib
import hmac
import zlib
from datetime import date
from typing import Final
from urllib.parse import urlencode, urlsplit

from app.gateways.channels.base import Bill, NoBill, Pending
from app.gateways.channels.wechatpay import reading
from app.gateways.channels.wechatpay.asking import Wire

FILE_BYTES_MAX: Final = 16 << 20
"""Of the file as it comes, packed."""
BILL_BYTES_MAX: Final = 64 << 20
"""Of the bill itself: 300 000 trades."""
_NONE: Final = frozenset({"NO_STATEMENT_EXIST"})
_PAGE: Final = "/v3/bill/tradebill"


async def fetch_bill(wire: Wire, day: date) -> Bill | NoBill | Pending:
    """The bill of a day of Beijing. `Pending` while it is not made, or when its file is not what the platform signed for.

    The address is good for minutes and is asked for anew each time; its host is the platform's own, whatever it says.

    Raises:
        Unavailable: nothing could be sent.
    """
    wanted = urlencode({"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"})
    answer = await wire.ask("GET", f"{_PAGE}?{wanted}")
    if isinstance(answer, Pending):
        return answer
    if not answer.succeeded:
        return NoBill(code=answer.code) if answer.says(_NONE) else answer.undecided
    digest = reading.token(answer.content, "hash_value")
    address = urlsplit(reading.link(answer.content, "download_url", ("https://", "http://")))
    if reading.word(answer.content, "hash_type") != "SHA1" or not digest or not address.path.startswith("/v3/"):
        return Pending(code="BAD_ANSWER")
    packed = await wire.download(f"{address.path}?{address.query}", bytes_max=FILE_BYTES_MAX)
    if isinstance(packed, Pending):
        return packed
    content = _unpacked(packed)
    # The platform chose SHA-1; the file's address and this digest stand together under its signature.
    if content is None or not hmac.compare_digest(_sha1(content), digest.lower()):
        return Pending(code="BAD_FILE")
    return Bill(day=day, content=content, encoding="utf-8-sig")


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _unpacked(packed: bytes) -> bytes | None:
    """What the gzip file holds; None for one that is cut off, holds too much, or is none."""
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacking.decompress(packed, BILL_BYTES_MAX)
    except zlib.error:
        return None
    return content if unpacking.eof and not unpacking.unused_data else None
