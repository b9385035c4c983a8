"""The bill of a day (业务账单), made from the far side's own book: where it lies, and the zip of two lists in GBK."""

import csv
import io
import secrets
import zipfile
from datetime import date, datetime, timedelta
from typing import Any, Final

from app.sandbox.alipay import keys
from app.sandbox.alipay.admission import clock_text
from app.sandbox.alipay.forms import yuan
from app.sandbox.far_side import FarSide, Refusal, state_refusal
from app.sandbox.truth import BEIJING, Row

READY_AT: Final = timedelta(hours=10)
"""On the day after, Beijing time; before it the platform says what it says of a day without trades."""
LINK_LIFE_S: Final = 30
DEFECTS: Final = frozenset({"", "cut", "plain", "bomb", "elsewhere", "third_file", "sums"})
"""What the control plane may order: a file cut off, not packed, far too large, at another host, of three lists, with wrong
sums."""

_HEAD: Final = (
    "支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "门店编号", "门店名称", "操作员",
    "终端号", "对方账户", "订单金额（元）", "商家实收（元）", "支付宝红包（元）", "集分宝（元）", "支付宝优惠（元）",
    "商家优惠（元）", "券核销金额（元）", "券名称", "商家红包消费金额（元）", "卡消费金额（元）", "退款批次号/请求号",
    "服务费（元）", "分润（元）", "备注",
)  # fmt: skip
_SUMMARY: Final = (
    "门店编号", "门店名称", "交易订单总笔数", "退款订单总笔数", "订单金额（元）", "商家实收（元）", "支付宝优惠（元）",
    "商家优惠（元）", "卡消费金额（元）", "服务费（元）", "分润（元）", "实收净额（元）",
)  # fmt: skip
_RULE: Final = "-" * 41


def announce(far: FarSide, told_day: str) -> dict[str, Any]:
    """Where the bill lies for the next thirty seconds.

    Raises:
        Refusal: the day is not over, its bill is not made, or nothing moved on it.
    """
    try:
        day = date.fromisoformat(told_day)
    except ValueError:
        raise Refusal(40004, "isv.invalid-arguments", "入参不合法", field="bill_date", got=told_day) from None
    now = datetime.fromtimestamp(far.truth.now(), BEIJING)
    if day >= now.date():
        raise state_refusal(40004, "isv.invalid-arguments", "入参不合法")
    is_made = now >= datetime.combine(day + timedelta(days=1), datetime.min.time(), BEIJING) + READY_AT
    if not is_made or not _rows(far, day):
        raise state_refusal(40004, "isp.bill_not_exist", "账单不存在")
    token = secrets.token_urlsafe(24)
    far.truth.set(f"alipay.bill.{token}", f"{day.isoformat()} {far.truth.now()}")
    host = "http://files.example" if far.truth.setting("alipay.bill.defect", "") == "elsewhere" else far.base_url
    return {"bill_download_url": f"{host}/alipay/bill?token={token}"}


def packed(far: FarSide, token: str) -> bytes:
    """The file behind such an address.

    Raises:
        Refusal: the address is unknown, or older than thirty seconds.
    """
    told, _, made_at = far.truth.setting(f"alipay.bill.{token}", "").partition(" ")
    if not told or far.truth.now() > float(made_at) + LINK_LIFE_S:
        raise state_refusal(403, "LINK_EXPIRED", "账单下载地址已失效")
    day, defect = date.fromisoformat(told), far.truth.setting("alipay.bill.defect", "")
    rows = _rows(far, day)
    name = f"{keys.ensure(far.truth.folder).seller_id}0156_{day:%Y%m%d}_业务明细"
    lines = _lines(far, day, rows, wrong=defect == "sums")
    files = {f"{name}.csv": lines, f"{name}(汇总).csv": _summary(far, day, rows)}
    if defect == "third_file":
        files["more.csv"] = b"#"
    if defect == "bomb":
        files = {f"{name}.csv": bytes(80 << 20)}
    content = _zip(files)
    if defect == "cut":
        return content[: len(content) // 2]
    return lines if defect == "plain" else content


def _rows(far: FarSide, day: date) -> list[Row]:
    """What moved on that day, with signs: a row for each trade that was paid and each refund that was done."""
    starts_at = datetime.combine(day, datetime.min.time(), BEIJING).timestamp()
    window = (starts_at, starts_at + 24 * 3600)
    paid = far.truth.rows(
        "SELECT *, paid_at AS at, total AS fen, '' AS request_no FROM alipay_trade WHERE paid_at >= ? AND paid_at < ?",
        *window,
    )
    back = far.truth.rows(
        "SELECT t.*, r.done_at AS at, -r.fen AS fen, r.out_request_no AS request_no FROM alipay_refund r"
        " JOIN alipay_trade t USING (out_trade_no) WHERE r.done_at >= ? AND r.done_at < ?",
        *window,
    )
    return sorted([*paid, *back], key=lambda row: float(row["at"]))


def _lines(far: FarSide, day: date, rows: list[Row], *, wrong: bool) -> bytes:
    out = io.StringIO(newline="")
    _begin(far, out, day, "业务明细")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for row in rows:
        amount = yuan(row["fen"])
        writer.writerow((
            f"{row['trade_no']}\t", f"{row['out_trade_no']}\t", "退款\t" if row["fen"] < 0 else "交易\t", row["subject"],
            clock_text(row["begun_at"]), clock_text(row["at"]), "\t", "\t", "\t", "\t", "*箱(san***@sandbox.example)\t",
            amount, amount, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00", f"{row['request_no']}\t",
            "0.00", "0.00", "",
        ))  # fmt: skip
    out.write(f"#{_RULE}业务明细列表结束{_RULE}\r\n")
    for what, word, part in (
        ("交易", "", [row["fen"] for row in rows if row["fen"] > 0]),
        ("退款", "退款", [row["fen"] for row in rows if row["fen"] < 0]),
    ):
        total = yuan(sum(part) + wrong)
        out.write(f"#{what}合计：{len(part)}笔，商家实收{word}共{total}元，商家优惠{word}共0.00元\r\n")
    out.write(f"#导出时间：[{_chinese(far.truth.now())}]\r\n")
    return out.getvalue().encode("gbk", "replace")


def _summary(far: FarSide, day: date, rows: list[Row]) -> bytes:
    out = io.StringIO(newline="")
    _begin(far, out, day, "业务汇总")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_SUMMARY)
    paid, total = sum(row["fen"] > 0 for row in rows), yuan(sum(row["fen"] for row in rows))
    zero = "0.00"
    writer.writerow(("合计\t", "\t", paid, len(rows) - paid, total, total, zero, zero, zero, zero, zero, total))
    out.write(f"#{_RULE}业务汇总列表结束{_RULE}\r\n")
    return out.getvalue().encode("gbk", "replace")


def _begin(far: FarSide, out: io.StringIO, day: date, what: str) -> None:
    out.write(f"#支付宝{what}查询\r\n#账号：[{keys.ensure(far.truth.folder).seller_id}0156]\r\n")
    ends = day + timedelta(days=1)
    out.write(f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{ends:%Y年%m月%d日} 00:00:00]\r\n")
    out.write(f"#{_RULE}{what}列表{_RULE}\r\n")


def _chinese(at: float) -> str:
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y年%m月%d日 %H:%M:%S")


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
