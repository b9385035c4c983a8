"""The citizen's way, as a phone would go it: over HTTP, with only what the pages give."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx

from app.cli.demo.printing import Printer
from app.cli.demo.qr_codes import read_qr_of_pdf, read_qr_of_png
from app.cli.demo.sharing_walk import share
from app.cli.demo.steps import (
    PATIENCE_S,
    Stopwatch,
    WalkFailed,
    expect,
    fields_of,
    follow,
    own_page,
    read_json,
    title_of,
    wait_until,
)
from app.cli.output import say
from app.cli.seeding.reader import Bank

_PHONE: Final = "Mozilla/5.0 (Linux; Android 14; Mobile) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36"


@dataclass(frozen=True, slots=True)
class Walk:
    """What the way led to."""

    serial: str
    """The gram range and the registry's serial, in words."""
    files: tuple[Path, ...]
    retired_g: int
    seconds: float = 0.0


def walk(base: str, scanned: str, folder: Path, printer: Printer, bank: Bank | None) -> Walk:
    """Scan, compute, order, pay, wait, fetch, verify, and share with the bank where there is one.

    Each step is told with its time and checked from outside.

    Raises:
        WalkFailed: naming the step and what was seen instead.
    """
    printer.head(printer.say("走一遍市民的路", "The citizen's way"))
    began = time.perf_counter()
    with httpx.Client(
        headers={"user-agent": _PHONE, "accept": "text/html,*/*", "accept-language": "zh-CN"},
        timeout=30,
        trust_env=False,
    ) as phone:
        went = _walk(phone, base, scanned, folder, printer)
        if bank is not None:
            share(phone, base, bank, retired_g=went.retired_g, printer=printer)
    return replace(went, seconds=time.perf_counter() - began)


def _walk(phone: httpx.Client, base: str, scanned: str, folder: Path, printer: Printer) -> Walk:
    clock = Stopwatch(printer)

    scene = expect(phone.get(scanned), 200, "scan")
    clock.step(printer.say("扫码", "scan"), title_of(scene.text))

    code = scanned.rsplit("/", 1)[-1]
    figure = expect(
        phone.get(f"{base}/api/v1/scenes/{code}/estimate", params={"mode": "metro", "km": "23"}), 200, "figure"
    )
    estimate = figure.json()
    clock.step(
        printer.say("计算", "figure"),
        f"{estimate['mass_text']} CO2e · {estimate['price_text']} · {estimate['summary']}",
    )

    form = fields_of(scene.text) | {"mode": "metro", "km": "23", "pay": "own"}
    cashier_url = follow(phone.post(scanned, data=form, headers=own_page(scanned)), scanned, "order")
    cashier = expect(phone.get(cashier_url), 200, "cashier")
    clock.step(printer.say("下单", "order"), cashier_url.rsplit("/", 1)[-1])

    form = fields_of(cashier.text) | {"method": "wechatpay.h5", "name": "林小川"}
    channel_url = follow(phone.post(cashier_url, data=form, headers=own_page(cashier_url)), cashier_url, "payment")
    clock.step(printer.say("发起支付", "open payment"), channel_url.split("?")[0])

    till = expect(phone.get(channel_url), 200, "sandbox cashier")
    paid = phone.post(channel_url, data=fields_of(till.text) | {"outcome": "success"}, headers=own_page(channel_url))
    back = follow(paid, channel_url, "pay")
    clock.step(printer.say("沙箱收银台付款", "pay at sandbox"), printer.say("付款成功", "success"))

    order_api = f"{base}/api/v1/orders/{cashier_url.rsplit('/', 1)[-1]}"
    phone.get(back)
    wait_until(
        lambda: read_json(phone, order_api)["phase"] != "unpaid", say("付款没有确认", "the payment was not confirmed")
    )
    clock.step(printer.say("支付回调", "notice"), printer.say("已验签入账", "verified and booked"))
    wait_until(
        lambda: read_json(phone, order_api)["retirement_number"] is not None, say("没有注销", "nothing was retired")
    )
    wait_until(
        lambda: read_json(phone, order_api)["certificate_id"] is not None, say("没有出证", "no certificate was issued")
    )
    order = read_json(phone, order_api)
    clock.step(printer.say("注销", "retirement"), order["retirement_number"])

    certificate_api = f"{base}/api/v1/certificates/{order['certificate_id']}"
    certificate = read_json(phone, certificate_api)
    page = expect(phone.get(base + order["certificate_url"]), 200, "certificate page")
    if certificate["number"] not in page.text:
        raise WalkFailed(say("证书页上没有证书编号", "the certificate's page does not show its number"))
    clock.step(printer.say("证书", "certificate"), certificate["number"])

    files = [
        _fetch(phone, f"{base}{certificate['files'][name]}?wait=10", folder / f"{certificate['number']}.{name}")
        for name in ("zh.pdf", "zh.png")
    ]
    clock.step(
        printer.say("下载 PDF、PNG", "PDF and PNG"),
        " + ".join(f"{path.stat().st_size / 1024:.0f} KB" for path in files),
    )

    _check_qr(files, certificate["record"]["verify_url"])
    clock.step(printer.say("读出二维码", "QR decoded"), certificate["record"]["verify_url"])

    public = httpx.get(f"{base}/api/v1/verify/{certificate['verify_code']}", trust_env=False, timeout=10)
    found = expect(public, 200, "verification").json()
    if found["record"] != certificate["record"] or found["holder"] != "林*":
        raise WalkFailed(say("公开验真与证书不符", "the public verification shows something else than the certificate"))
    clock.step(printer.say("公开验真", "verified"), f"{found['holder']} · sha256 {found['record_sha256'][:16]}…")

    books: dict[str, Any] = {}

    def is_looked_at() -> bool:
        books.update(read_json(phone, f"{base}/api/v1/books"))
        return books["balanced"] is not None

    wait_until(
        is_looked_at, say("没有核过账", "nobody looked at the books"), every_s=0.5
    )  # the worker's first look comes with its start
    if not books["balanced"]:
        count = books["differences"]
        raise WalkFailed(say(f"账不平：{count} 处", f"the books do not add up: {count} differences"))
    retired_g = sum(one["retired_g"] for one in books["programmes"])
    clock.step(
        printer.say("账目平衡", "books balanced"),
        printer.say(f"共注销 {retired_g:,} 克，克克对得上", f"{retired_g:,} g retired, all of them accounted for"),
    )
    return Walk(_serial(certificate["record"]), tuple(files), certificate["record"]["mass_g"])


def _fetch(phone: httpx.Client, url: str, path: Path) -> Path:
    deadline = time.monotonic() + PATIENCE_S
    while (answer := phone.get(url)).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.05)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(expect(answer, 200, url).content)
    return path


def _check_qr(files: list[Path], verify_url: str) -> None:
    for path, read in zip(files, (read_qr_of_pdf, read_qr_of_png), strict=True):
        if (seen := read(path)) != verify_url:
            raise WalkFailed(
                say(
                    f"{path.name} 的二维码是 {seen!r}，应为 {verify_url!r}",
                    f"the QR code of {path.name} says {seen!r} instead of {verify_url!r}",
                )
            )


def _serial(record: dict[str, Any]) -> str:
    line = record["lines"][0]
    return f"{line['programme']} {line['lot']} · {line['serial']} {line['tonnes']} · " + say(
        f"第 {line['start_g']:,} 至 {line['stop_g']:,} 克（{line['mass_g']:,} 克）",
        f"grams {line['start_g']:,} – {line['stop_g']:,} ({line['mass_g']:,} g)",
    )
