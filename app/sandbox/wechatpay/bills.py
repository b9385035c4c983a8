"""The trade bill (交易账单) of a day, made from the far side's own book: where it lies, and the packed file."""

import csv
import gzip
import hashlib
import io
import re
import secrets
from datetime import date, datetime, timedelta
from typing import Any, Final

from app.sandbox.far_side import FarSide, Refusal, state_refusal
from app.sandbox.truth import BEIJING, Row
from app.sandbox.wechatpay import bill_defects
from app.sandbox.wechatpay.trades import appid_of

READY_AT: Final = timedelta(hours=10)
"""On the day after, Beijing time."""
LINK_LIFE_S: Final = 5 * 60
MONTHS_BACK: Final = 3
DEFECTS: Final = bill_defects.OF_THE_FILE | bill_defects.OF_THE_LINES | bill_defects.OF_THE_WRITING
"""What the control plane may order."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_HEAD: Final = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_SUMMARY: Final = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def announce(far: FarSide, query: dict[str, str]) -> dict[str, Any]:
    """Where the bill lies for the next five minutes, and the digest of what is in it.

    Raises:
        Refusal: no such day or kind, the day is not over, or nothing moved on it.
    """
    day = _day(far, query)
    rows = _rows(far, day)
    if not rows:
        raise state_refusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    defect = _defect(far)
    content = _write(rows, defect)
    token = secrets.token_urlsafe(24)
    far.truth.set(f"bill.link.{token}", f"{day.isoformat()} {far.truth.now()}")
    host = "http://files.example" if defect == "elsewhere" else far.base_url
    digest = hashlib.sha1(content + (b"x" if defect == "digest" else b""), usedforsecurity=False).hexdigest()
    return {
        "hash_type": "SHA1",
        "hash_value": digest,
        "download_url": f"{host}/v3/billdownload/file?token={token}",
    }


def packed(far: FarSide, token: str) -> bytes:
    """The file behind such an address.

    Raises:
        Refusal: the address is unknown, or older than five minutes.
    """
    day, _, made_at = far.truth.setting(f"bill.link.{token}", "").partition(" ")
    if not day or far.truth.now() > float(made_at) + LINK_LIFE_S:
        raise state_refusal(400, "PARAM_ERROR", "账单下载地址已失效")
    defect = _defect(far)
    content = _write(_rows(far, date.fromisoformat(day)), defect)
    match defect:
        case "cut":
            return gzip.compress(content)[:-12]
        case "plain":
            return content
        case "bomb":
            return gzip.compress(bytes(80 << 20), compresslevel=1)
        case _:
            return gzip.compress(content)


def _day(far: FarSide, query: dict[str, str]) -> date:
    told = query.get("bill_date", "")
    if not _DAY.fullmatch(told) or query.get("bill_type") != "ALL" or query.get("tar_type") != "GZIP":
        raise Refusal(400, "PARAM_ERROR", "账单日期或类型不正确", got=repr(query))
    day, now = date.fromisoformat(told), datetime.fromtimestamp(far.truth.now(), BEIJING)
    if day >= now.date() or day < now.date() - timedelta(days=31 * MONTHS_BACK):
        raise state_refusal(400, "INVALID_REQUEST", "账单日期超出范围")
    if now < datetime.combine(day + timedelta(days=1), datetime.min.time(), BEIJING) + READY_AT:
        raise state_refusal(400, "STATEMENT_CREATING", "账单生成中")
    return day


def _rows(far: FarSide, day: date) -> list[dict[str, Any]]:
    """What moved on that day: a line for each trade that was paid and each refund that was settled."""
    starts_at = datetime.combine(day, datetime.min.time(), BEIJING).timestamp()
    window = (starts_at, starts_at + 24 * 3600)
    paid = far.truth.rows("SELECT *, paid_at AS at FROM trade WHERE paid_at >= ? AND paid_at < ?", *window)
    back = far.truth.rows(
        "SELECT t.*, r.settled_at AS at, r.refund_id, r.out_refund_no, r.fen FROM refund r JOIN trade t USING (out_trade_no)"
        " WHERE r.state = 'SUCCESS' AND r.settled_at >= ? AND r.settled_at < ?",
        *window,
    )
    rows = bill_defects.bent(sorted([*paid, *back], key=lambda row: float(row["at"])), _defect(far))
    return [_line(far, row) for row in rows]


def _line(far: FarSide, row: Row) -> dict[str, Any]:
    refund_fen = row.get("fen") or 0
    is_refund = bool(refund_fen)
    order_fen = 0 if is_refund else row["total"]
    coupon_fen = 0 if is_refund else row["total"] - row["payer_total"]
    at = datetime.fromtimestamp(row["at"], BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "cells": (
            at, appid_of(row), far.keys.mchid, "0", "", row["transaction_id"], row["out_trade_no"], row["openid"],
            row["trade_type"], "REFUND" if is_refund else "SUCCESS", "OTHERS", "CNY", _yuan(order_fen),
            _yuan(coupon_fen), row.get("refund_id") or "0", row.get("out_refund_no") or "0", _yuan(refund_fen),
            "0.00", "ORIGINAL" if is_refund else "", "SUCCESS" if is_refund else "", row["description"],
            row["attach"] or "", "0.00000", "0.00%", _yuan(order_fen), _yuan(refund_fen), "",
        ),
        "order_fen": order_fen,
        "refund_fen": refund_fen,
    }  # fmt: skip


def _defect(far: FarSide) -> str:
    return str(far.truth.setting("wechatpay.bill.defect", ""))


def _write(rows: list[dict[str, Any]], defect: str) -> bytes:
    """As WeChat writes it: a byte-order mark, a backtick before each value, yuan, and a summary."""
    head: str = _HEAD
    more: tuple[str, ...] = ()
    match defect:
        case "column":
            head, more = f"{_HEAD},来年新列", ("新",)
        case "headings":
            head = _HEAD.replace("商户订单号", "商家订单号")
    orders, back = sum(row["order_fen"] for row in rows), sum(row["refund_fen"] for row in rows)
    orders += defect == "summary"
    summary = (f"{len(rows)}", _yuan(orders), _yuan(back), "0.00", "0.00000", _yuan(orders), _yuan(back))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    out.write(f"\ufeff{head}\r\n")
    writer.writerows([f"`{cell}" for cell in (*row["cells"], *more)] for row in rows)
    out.write(f"{_SUMMARY}\r\n")
    writer.writerow(f"`{cell}" for cell in summary)
    return out.getvalue().encode()


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
