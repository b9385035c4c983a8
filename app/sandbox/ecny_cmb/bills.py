"""The list of a day (对账单), made from the bank's own book: where it lies, and the file. Amounts are in fen.

Where the public documents end: that there is a file, when, and that it counts in fen. Its headings are our reading, as they are
in our gateway: docs/wire/ecny_cmb.md says so.
"""

import csv
import io
import re
import secrets
from datetime import date, datetime, timedelta
from typing import Any, Final

from app.sandbox.ecny_cmb.admission import own
from app.sandbox.ecny_cmb.trades import digits
from app.sandbox.far_side import FarSide, state_refusal
from app.sandbox.truth import BEIJING, Row

READY_AT: Final = timedelta(hours=10, minutes=35)
"""On the day after, Beijing time."""
SETTLED_AT: Final = timedelta(hours=16, minutes=30)
"""From then on with fees."""
LINK_LIFE_S: Final = 30 * 60
DAYS_BACK: Final = 92
FEE_BP: Final = 0
"""Of e-CNY: the bank keeps nothing."""
DEFECTS: Final = frozenset({"", "headings", "cut", "yuan", "elsewhere", "other_day"})
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_HEAD: Final = (
    "商户号,交易类型,商户订单号,平台订单号,原交易商户订单号,原交易平台订单号,支付方式,交易金额,优惠金额,交易币种,"
    "订单完成时间,手续费,清分日期"
)


def announce(far: FarSide, wanted: dict[str, str]) -> dict[str, Any]:
    """The unsigned answer of the bills' address.

    Raises:
        Refusal: no such merchant, day or kind.
    """
    day = _day(far, wanted)
    now = datetime.fromtimestamp(far.truth.now(), BEIJING)
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), BEIJING)
    if now < midnight + READY_AT:
        return _told(now, "PMS05V0", "账单还未生成")
    if not _rows(far, day):
        return _told(now, "PMS05V1", "当日无账单")
    token, is_settled = secrets.token_urlsafe(24), now >= midnight + SETTLED_AT
    far.truth.set(f"ecny_cmb.bill.link.{token}", f"{day.isoformat()} {int(is_settled)} {far.truth.now()}")
    defect = far.truth.setting("ecny_cmb.bill.defect", "")
    host = "http://files.example" if defect == "elsewhere" else far.base_url
    data = {
        **wanted,
        "billDate": (day - timedelta(days=1)).isoformat() if defect == "other_day" else day.isoformat(),
        "downloadUrl": f"{host}/bill/check/files/{token}?name=bill.csv",
        "settleStatus": "S" if is_settled else "F",
    }
    return _told(now, "SUC000000", "成功") | {"data": data}


def file(far: FarSide, token: str) -> bytes | None:
    """The file behind such an address; None for one that is unknown or too old."""
    kept = far.truth.setting(f"ecny_cmb.bill.link.{token}", "").split(" ")
    if len(kept) != 3 or far.truth.now() > float(kept[2]) + LINK_LIFE_S:
        return None
    day, is_settled = date.fromisoformat(kept[0]), kept[1] == "1"
    content = _write(far, day, is_settled=is_settled)
    match far.truth.setting("ecny_cmb.bill.defect", ""):
        case "headings":
            return content.replace("商户订单号".encode(), "订单".encode(), 1)
        case "cut":
            return content[:-9]
        case "yuan":
            return re.sub(rb",(\d+),0,156,", lambda found: b",%.2f,0,156," % (int(found[1]) / 100), content)
        case _:
            return content


def _day(far: FarSide, wanted: dict[str, str]) -> date:
    merchant, told = own(far).merchant, wanted.get("billDate", "")
    if wanted.keys() != {"merchantNo", "billDate", "billType"} or wanted["merchantNo"] != merchant:
        raise state_refusal(200, "MERID_NOT_EXIST", "商户号不存在")
    if wanted["billType"] != "JH_JZ" or not _DAY.fullmatch(told):
        raise state_refusal(200, "BILLTYPE_NOT_LAWFUL", "账单类型或日期不正确")
    day, today = date.fromisoformat(told), datetime.fromtimestamp(far.truth.now(), BEIJING).date()
    if day < today - timedelta(days=DAYS_BACK):
        raise state_refusal(200, "BILLDATE_NOT_LAWFUL", "账单日期超出范围")
    return day


def _told(now: datetime, code: str, message: str) -> dict[str, Any]:
    return {"code": code, "data": None, "message": message, "timestamp": str(int(now.timestamp() * 1000))}


def _rows(far: FarSide, day: date) -> list[Row]:
    """What moved on that day."""
    starts_at = datetime.combine(day, datetime.min.time(), BEIJING).timestamp()
    window = (starts_at, starts_at + 24 * 3600)
    paid = far.truth.rows("SELECT *, paid_at AS at FROM ecny_cmb_trade WHERE paid_at >= ? AND paid_at < ?", *window)
    back = far.truth.rows(
        "SELECT r.*, r.settled_at AS at, t.cmb_order_id AS of_cmb_order_id FROM ecny_cmb_refund r"
        " JOIN ecny_cmb_trade t ON t.order_id = r.of_order_id WHERE r.settled_at >= ? AND r.settled_at < ?",
        *window,
    )
    return sorted([*paid, *back], key=lambda row: float(row["at"]))


def _write(far: FarSide, day: date, *, is_settled: bool) -> bytes:
    out = io.StringIO(newline="")
    out.write(f"\ufeff{_HEAD}\r\n")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in _rows(far, day):
        is_refund = "of_cmb_order_id" in row
        writer.writerow(
            (
                own(far).merchant, "退款" if is_refund else "支付", row["order_id"], row["cmb_order_id"],
                row["of_order_id"] if is_refund else "", row["of_cmb_order_id"] if is_refund else "", "EC", row["fen"], 0, 156,
                digits(row["at"]), row["fen"] * FEE_BP // 10_000 if is_settled else "",
                (day + timedelta(days=1)).isoformat() if is_settled else "",
            )
        )  # fmt: skip
    return out.getvalue().encode()
