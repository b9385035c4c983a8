"""Where the bill of a day lies, and its file: a zip of two CSVs in GBK, by an address that lives 30 seconds."""

import io
import re
import struct
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlsplit

from app.gateways.channels.alipay import bills, reading
from app.gateways.channels.alipay.asking import Wire
from app.gateways.channels.base import Bill, NoBill, Pending
from app.kernel.clock import BEIJING

FILE_BYTES_MAX: Final = 16 << 20
"""Of the file as it comes, packed."""
BILL_BYTES_MAX: Final = 64 << 20
"""Of both lists together."""
_FILES_MAX: Final = 8
_NONE: Final = frozenset({"isp.bill_not_exist"})
NONE_FROM: Final = time(12)
"""From when on the next day "there is no such bill" is believed: until the bill is made, mostly by nine, the platform says the
same. (The word as production answers it; the documents write `BILL_NOT_EXIST`.)"""
_ADDRESS: Final = re.compile(r"[0-9.]+|\[.*\]|localhost")
_TROUBLE: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OSError,
)  # fmt: skip
"""What a reader of archives says to a stranger's file: broken, encrypted, packed in a way it does not know."""


async def fetch_bill(wire: Wire, day: date, *, gateway_url: str, now: datetime) -> Bill | NoBill | Pending:
    """The bill of a day of Beijing. `Pending` while it is not made, or when its file is not what it should be.

    The file carries neither digest nor signature: that it is the platform's is known by the signed answer that names its
    address, by the host's certificate, and by its own sums (`bills.read`).

    Raises:
        Unavailable: nothing could be sent.
    """
    answer = await wire.ask(
        "alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": day.isoformat()}
    )
    if isinstance(answer, Pending):
        return answer
    if not answer.succeeded:
        is_over = now >= datetime.combine(day + timedelta(days=1), NONE_FROM, BEIJING)
        return NoBill(code=answer.code) if answer.says(_NONE) and is_over else answer.undecided
    url = reading.link(answer.content, "bill_download_url")
    if not _is_theirs(url, gateway_url):
        return Pending(code="BAD_ANSWER")
    packed = await wire.download(url, bytes_max=FILE_BYTES_MAX)
    if isinstance(packed, Pending):
        return packed
    content = unpacked(packed)
    return Pending(code="BAD_FILE") if content is None else Bill(day=day, content=content, encoding=bills.ENCODING)


def unpacked(packed: bytes) -> bytes | None:
    """Both lists of the archive, the lines first, then their summary; None for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            names = archive.namelist()
            if not 1 <= len(names) <= _FILES_MAX:
                return None
            files, left = [], BILL_BYTES_MAX
            for name in names:
                # What the archive says of its sizes is not believed: as much is unpacked as we are ready to hold.
                with archive.open(name) as one:
                    files.append(one.read(left + 1))
                left -= len(files[-1])
                if left < 0:
                    return None
    except _TROUBLE:
        return None
    lines = [one for one in files if one.startswith(bills.LINES)]
    sums = [one for one in files if one.startswith(bills.SUMMARY)]
    if len(lines) != 1 or len(sums) > 1 or len(files) != len(lines) + len(sums):
        return None
    return b"".join(one if one.endswith(b"\n") else one + b"\r\n" for one in lines + sums)


def _is_theirs(url: str, gateway_url: str) -> bool:
    """Whether the file lies at the gateway's own host, or at another of its domain, as safely reached as the gateway."""
    try:
        theirs, ours = urlsplit(url), urlsplit(gateway_url)
    except ValueError:
        return False
    if theirs.scheme != ours.scheme or theirs.username is not None:
        return False
    if theirs.netloc == ours.netloc:
        return True
    host, own = theirs.hostname or "", ours.hostname or ""
    if _ADDRESS.fullmatch(own) or theirs.netloc != host:
        return False
    return host.endswith("." + ".".join(own.split(".")[-2:]))
