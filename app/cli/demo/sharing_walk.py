"""The citizen shares their account with a bank, whose program reads it by its key, and takes it back."""

from datetime import timedelta

import httpx

from app.cli.demo.printing import Printer
from app.cli.demo.steps import Stopwatch, WalkFailed, expect, fields_of, follow, own_page
from app.cli.output import say
from app.cli.seeding.reader import Bank
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7


def share(phone: httpx.Client, base: str, bank: Bank, *, retired_g: int, printer: Printer) -> None:
    """Two of the platform enrolled the bank; it asks, one book is granted, it reads, the log tells, and then 403.

    `retired_g` is what was retired for whoever holds the phone: the bank must read just that.

    Raises:
        WalkFailed: naming the step and what was seen instead.
    """
    clock = Stopwatch(printer)
    with httpx.Client(headers={"authorization": f"Bearer {bank.key}"}, timeout=30, trust_env=False) as program:
        today = beijing_day(utc_now())
        form = {
            "purpose": {"zh": "用于绿色消费贷评估", "en": "To assess a green loan"},
            "books": ["emitted", "retired"],
            "period_from": f"{today:%Y}-01-01",
            "period_to": f"{today:%Y}-12-31",
            "share_until": (today + timedelta(days=90)).isoformat(),
        }
        made = program.post(f"{base}/api/v1/sharing/requests", json=form, headers={"idempotency-key": str(uuid7())})
        asked = expect(made, 201, "ask").json()
        clock.step(
            printer.say("银行请求查询", "bank asks"),
            printer.say(
                f"{bank.name.zh}（两人开通）· {asked['code']}", f"{bank.name.en} (let in by two) · {asked['code']}"
            ),
        )

        url = f"{base}/me/sharing/ask?code={asked['code']}"
        page = expect(phone.get(url), 200, "request")
        said = fields_of(page.text) | {"book_emitted": "no", "book_retired": "yes"}
        follow(phone.post(f"{base}/me/sharing/ask", data=said, headers=own_page(url)), url, "share")
        clock.step(printer.say("逐项答复", "share"), printer.say("注销同意 · 排放不同意", "retired yes · emitted no"))

        account = f"{base}/api/v1/sharing/requests/{asked['id']}/account"
        books = expect(program.get(account), 200, "read").json()["books"]
        if books["emitted"] is not None or books["retired"] != {"total_grams": retired_g, "months": None}:
            raise WalkFailed(say("银行读到的与同意的不符", "the bank read something else than was granted"))
        clock.step(
            printer.say("银行查询", "bank reads"),
            printer.say(f"注销 {retired_g:,} 克，别无其他", f"retired {retired_g:,} g, and nothing else"),
        )

        mine = expect(phone.get(f"{base}/me/sharing"), 200, "log").text
        if bank.name.zh not in mine or "读取了你同意的数字" not in mine:
            raise WalkFailed(say("查询记录里没有这次查询", "the log does not tell of the read"))
        leave = f"{base}/me/sharing/{asked['id']}/revoke"
        sure = expect(phone.get(leave), 200, "revoke")
        follow(phone.post(leave, data=fields_of(sure.text), headers=own_page(leave)), leave, "revoke")
        expect(program.get(account), 403, "read again")
        clock.step(
            printer.say("收回授权", "revoked"),
            printer.say("记录可见，银行再查：403", "seen in the log; read again: 403"),
        )
