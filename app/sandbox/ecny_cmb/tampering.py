"""Named ways to spoil a notice. A spoilt notice is sent once: a forger does not keep the bank's schedule.

*Forgeries* spoil what is sent after the signing (or sign wrongly): they must be refused. *Lies* change the content before it is
truly signed: they are authentic and must not be fulfilled.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from app.sandbox.ecny_cmb import signing, sm2

STALE: Final = timedelta(days=4)


def _stale(told: dict[str, str]) -> None:
    """As the bank would have written it days ago."""
    then = datetime.strptime(told["endDate"] + told["endTime"], "%Y%m%d%H%M%S") - STALE  # noqa: DTZ007 - moved, not read
    told |= {"endDate": f"{then:%Y%m%d}", "endTime": f"{then:%H%M%S}"}


LIES: Final[Mapping[str, Callable[[dict[str, str]], None]]] = {
    "stale": _stale,
    "other_amount": lambda told: told.update(txnAmt=str(int(told["txnAmt"]) + 1)),
    "other_currency": lambda told: told.update(currencyCode="840"),
    "other_merchant": lambda told: told.update(merId="308999000000000"),
    "other_wallet": lambda told: told.update(payType="WX"),
    "unknown_order": lambda told: told.update(orderId="NOBODYKNOWSTHISNUMBER00"),
    "with_state": lambda told: told.update(tradeState="S"),
    "not_success": lambda told: told.update(tradeState="F"),
}
FORGERIES: Final = frozenset(
    {"body", "spaces", "signature", "no_signature", "wrong_key", "other_user", "raw", "zero_r", "rsa"}
)
NAMES: Final = FORGERIES | frozenset(LIES)


def forge(what: str | None, content: str, *, private: str) -> bytes:
    """One sending; without `what`, or with a lie told already, simply a true one."""
    fields = signing.FIXED | {"biz_content": content}
    if what == "wrong_key":
        private = f"{sm2.new_private():064x}"
    if what == "rsa":
        fields["signMethod"] = "01"
    text = signing.text_to_sign(fields)
    identity = "8765432187654321" if what == "other_user" else sm2.IDENTITY
    sign = signing.signature(private, text, identity=identity)
    match what:
        case "body":
            fields["biz_content"] = content.replace('"156"', '"157"')
        case "spaces":
            fields["biz_content"] = json.dumps(json.loads(content), ensure_ascii=False)
        case "signature":
            sign = ("B" if sign[0] == "A" else "A") + sign[1:]
        case "raw":
            numbers = sm2.sign(int(private, 16), text.encode())
            sign = base64.b64encode(b"".join(one.to_bytes(32, "big") for one in numbers)).decode()
        case "zero_r":
            sign = base64.b64encode(sm2.to_der((0, 1))).decode()
        case _:
            pass
    return signing.form(fields | ({} if what == "no_signature" else {"sign": sign}))
