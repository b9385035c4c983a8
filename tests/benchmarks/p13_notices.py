"""P13: callbacks a second, each verified, kept, booked and recorded, against pgbench writing the same rows.

Each rotation prepares orders whose payments are open and a genuine notice for each, signed by the sandbox's key. One API
process takes them over HTTP from 32 connections, each notice once; the clock runs from the first to the last answer. The
yardstick is pgbench with 32 clients: one function call a transaction that writes the very rows of one callback (message,
payment, transfer, two entries, two balances, event) into copies of our tables with the same checks, keys and indexes.
"""

import asyncio
import json
import random
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

from app.commerce import payments
from app.commerce.orders import cause_of
from app.gateways.channels.wechatpay import JSAPI
from app.gateways.database import transaction
from app.sandbox import keys as sandbox_keys
from app.sandbox.truth import rfc3339
from app.sandbox.wechatpay import signing
from tests.benchmarks import load
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes, ratio, say
from tests.benchmarks.p4_reading import _cpu_seconds
from tests.benchmarks.paying import unpaid_orders
from tests.benchmarks.pgbench import pgbench, transactions_per_s

_CONNECTIONS: Final = 32
_OPEN: Final = "SELECT reference, amount_minor FROM payment WHERE state = 'created' ORDER BY id"
_BOOKED: Final = """
SELECT count(*) FROM payment_notice n JOIN payment p USING (channel, reference)
JOIN ledger_transfer t ON t.cause = 'payment:' || p.id
WHERE n.fate = 'applied' AND p.state = 'paid'
"""
_BARE: Final = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.payment (LIKE payment INCLUDING ALL);
CREATE TABLE bench.payment_notice (LIKE payment_notice INCLUDING ALL);
CREATE TABLE bench.ledger_account (LIKE ledger_account INCLUDING ALL);
CREATE TABLE bench.ledger_transfer (LIKE ledger_transfer INCLUDING ALL);
CREATE TABLE bench.ledger_entry (LIKE ledger_entry INCLUDING ALL);
CREATE TABLE bench.outbox_message (LIKE outbox_message INCLUDING ALL);
ALTER TABLE bench.ledger_entry ADD FOREIGN KEY (transfer_id) REFERENCES bench.ledger_transfer (id);
ALTER TABLE bench.ledger_entry ADD FOREIGN KEY (account_id) REFERENCES bench.ledger_account (id);
INSERT INTO bench.payment ({columns}) SELECT {columns} FROM payment WHERE state = 'created';
CREATE TABLE bench.queue AS
    SELECT row_number() OVER (ORDER BY id) AS no, id, reference, amount_minor, subject FROM bench.payment;
CREATE UNIQUE INDEX ON bench.queue (no);
CREATE SEQUENCE bench.next;
INSERT INTO bench.ledger_account (path, unit, kind, floor, balance)
    VALUES ('clearing', 'CNY', 'external', -1000000000000, 0), ('prepaid', 'CNY', 'external', 0, 0);
CREATE TABLE bench.message AS SELECT convert_to(repeat('x', {bytes}), 'UTF8') AS body, repeat('x', {plain}) AS content,
    '{{"wechatpay-signature": "{signature}"}}'::jsonb AS headers;
ANALYZE bench.payment; ANALYZE bench.queue;
CREATE FUNCTION bench.receive() RETURNS void LANGUAGE plpgsql AS $$
DECLARE v record; v_transfer bigint; v_message record; v_no bigint := nextval('bench.next');
BEGIN
    SELECT * INTO v FROM bench.queue WHERE no = v_no;
    SELECT * INTO v_message FROM bench.message;
    INSERT INTO bench.payment_notice (channel, event_id, kind, reference, body, headers, content, fate, received_at)
        VALUES ('wechatpay', gen_random_uuid(), 'TRANSACTION.SUCCESS', v.reference, v_message.body, v_message.headers,
                v_message.content, 'applied', clock_timestamp());
    UPDATE bench.payment SET state = 'paid', transaction_id = 'B' || v.reference, paid_at = clock_timestamp(),
        next_query_at = NULL, last_word = 'SUCCESS' WHERE id = v.id;
    INSERT INTO bench.ledger_transfer (cause, content, kind, legs, posted_at)
        VALUES ('payment:' || v.id, sha256(v.id::text::bytea), 'payment', 2, clock_timestamp()) RETURNING id INTO v_transfer;
    WITH moved AS (UPDATE bench.ledger_account a
                   SET balance = a.balance + CASE a.path WHEN 'prepaid' THEN v.amount_minor ELSE -v.amount_minor END
                   RETURNING a.id, a.path, a.balance)
    INSERT INTO bench.ledger_entry (transfer_id, account_id, leg, legs, amount, balance)
        SELECT v_transfer, id, row_number() OVER (ORDER BY id), 2,
               CASE path WHEN 'prepaid' THEN v.amount_minor ELSE -v.amount_minor END, balance FROM moved;
    INSERT INTO bench.outbox_message (kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures)
        VALUES ('payment.succeeded', 'payment:' || v.id, jsonb_build_object('payment_id', v.id, 'paid_for', v.subject,
                'amount_minor', v.amount_minor, 'currency', 'CNY'), 'fulfil', 'settle', clock_timestamp(), clock_timestamp(),
                0, 0);
END $$;
"""


@dataclass(frozen=True, slots=True)
class _Rotation:
    per_second: float
    p99_ms: float
    cpu_ms: float
    yardstick: float


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """Rotations of pgbench over copies of the open payments, then ours over the payments themselves."""
    chance = random.Random(wishes.seed)
    count = 320 if wishes.is_quick else 1_280
    if pgbench() is None:
        return Finding([Line(id="P13", what="callbacks ÷ pgbench", measured="no pgbench", target="")])
    connection = await here.super()
    found = []
    try:
        with here.processes("serve", log="p13") as tree:
            pid = tree._running["serve"].pid
            for number in range(wishes.rotations):
                found.append(await _rotation(here, connection, pid, count, chance))
                say(f"P13 rotation {number + 1}: {found[-1].per_second:,.0f}/s, pgbench {found[-1].yardstick:,.0f}/s")
    finally:
        await connection.close()
    return _finding(found, count)


async def _rotation(here: Ground, connection: Any, pid: int, count: int, chance: random.Random) -> _Rotation:
    await _prepare(here, count, chance)
    requests = [_request(here, *row) for row in await connection.fetch(_OPEN)]
    if len(requests) != count:
        raise CannotRun(f"{len(requests)} payments are open, not {count}")
    yardstick = await _pgbench(here, connection, count, len(requests[0]))
    before, cpu_s = await connection.fetchval(_BOOKED), _cpu_seconds(pid)
    done = await asyncio.to_thread(load.drive_all, here.port, requests, connections=_CONNECTIONS)
    cpu_s = _cpu_seconds(pid) - cpu_s
    booked = await connection.fetchval(_BOOKED) - before
    if set(done.statuses) != {204} or booked != count:
        raise CannotRun(f"not every notice was booked: {done.statuses}, {booked} of {count}")
    await connection.execute("UPDATE outbox_message SET done_at = clock_timestamp() WHERE done_at IS NULL")
    return _Rotation(done.per_second, done.p99_ms, 1000 * cpu_s / count, yardstick)


async def _prepare(here: Ground, count: int, chance: random.Random) -> None:
    placed = await unpaid_orders(here, count, chance)
    async with transaction() as tx:
        for order in placed:
            await payments.prepare(
                payments.NewPayment(
                    subject=cause_of(order.id), channel="wechatpay", method=JSAPI, amount_minor=order.amount_minor,
                    currency=order.currency, description="benchmark", expires_at=order.expires_at,
                ),
                tx=tx,
            )  # fmt: skip


async def _pgbench(here: Ground, connection: Any, count: int, size: int) -> float:
    columns = await connection.fetchval(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'payment'::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    )
    told = {"bytes": size - 700, "plain": size // 2, "signature": secrets.token_hex(300)}
    await connection.execute(_BARE.format(columns=columns, **told))
    options = ("-c", str(_CONNECTIONS), "-t", str(count // _CONNECTIONS))
    return await transactions_per_s(here.super_url, "SELECT bench.receive();\n", *options, most_s=60)


def _request(here: Ground, reference: str, amount_minor: int) -> bytes:
    keys = sandbox_keys.ensure(here.folder / "data" / "sandbox")
    told = {
        "appid": keys.appid, "mchid": keys.mchid, "out_trade_no": reference,
        "transaction_id": "42000" + str(secrets.randbelow(10**23)).zfill(23), "trade_type": "JSAPI",
        "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS", "attach": "",
        "success_time": rfc3339(time.time()), "payer": {"openid": "oSANDBOX" + secrets.token_urlsafe(15)},
        "amount": {"total": amount_minor, "payer_total": amount_minor, "currency": "CNY", "payer_currency": "CNY"},
    }  # fmt: skip
    notice = {
        "id": secrets.token_hex(16), "create_time": rfc3339(time.time()), "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
        "resource": {
            "original_type": "transaction",
            **signing.seal(keys.apiv3_key, json.dumps(told, ensure_ascii=False), associated="transaction"),
        },
    }  # fmt: skip
    body = json.dumps(notice, ensure_ascii=False, separators=(",", ":")).encode()
    stamps = signing.stamps(keys.platform_private_key_pem, keys.platform_public_key_id, body, now_s=int(time.time()))
    headers = "".join(f"{name}: {value}\r\n" for name, value in stamps.items())
    return (
        f"POST /notify/wechatpay HTTP/1.1\r\nhost: 127.0.0.1:{here.port}\r\ncontent-type: application/json\r\n{headers}"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


def _finding(found: list[_Rotation], count: int) -> Finding:
    ours = [one.per_second for one in found]
    spread = ratio(ours, [one.yardstick for one in found])
    lines = [
        Line(
            id="P13", what="callbacks over HTTP ÷ pgbench, same rows", measured=f"{spread.median:.2f} ×",
            spread=spread.text(), target="",
            figures={"per_second": ours, "yardstick_per_second": [one.yardstick for one in found]},
        )
    ]  # fmt: skip
    for what, values, form in (
        ("  taken over HTTP, a second", ours, ",.0f"),
        ("  processor of the API a callback, ms", [one.cpu_ms for one in found], ".2f"),
        ("  p99 of an answer, ms", [one.p99_ms for one in found], ".0f"),
        ("  pgbench, a second", [one.yardstick for one in found], ",.0f"),
    ):
        told = Spread.of(values)
        lines.append(Line(id="P13", what=what, measured=f"{told.median:{form}}", spread=told.text(form)))
    return Finding(lines, [f"P13: {count:,} notices a rotation, each signed by the sandbox's key and sent once."])
