"""P1, P1b: gifts collected over HTTP from one campaign, against pgbench doing the work of one collection a transaction.

The yardstick writes the very rows of a collection that comes alone (figure, collection, set, part, reservation, line,
transfer, two entries, event) into copies of our tables with the same checks, keys and foreign keys, one function call
a transaction, 32 clients: once without a hot row (each changes a pool and accounts of its own), once with one hot row. We
do it over HTTP, authenticated and validated, from 64 connections, each request another person's.
"""

import asyncio
import json
import random
from dataclasses import dataclass
from typing import Any, Final

from tests.benchmarks import gift_ground, load
from tests.benchmarks.ground import SCENE, Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes, ratio, say
from tests.benchmarks.load import Load
from tests.benchmarks.p4_reading import _cpu_seconds
from tests.benchmarks.pgbench import pgbench, transactions_per_s

AT_LEAST: Final = {"cold": 1.5, "hot": 5.0}
_CONNECTIONS: Final = 64
_CLIENTS: Final = 32
_SECONDS: Final = 4.0
_PEOPLE: Final = 14_000
"""For one rotation: more than it can use."""
_POOL_G: Final = 2_000_000_000
_SOLD_OUT_PEOPLE: Final = 600
_BARE: Final = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.person (LIKE person INCLUDING ALL);
CREATE TABLE bench.footprint (LIKE footprint INCLUDING ALL);
CREATE TABLE bench.gift_pool (LIKE gift_pool INCLUDING ALL);
CREATE TABLE bench.gift_set (LIKE gift_set INCLUDING ALL);
CREATE TABLE bench.gift_part (LIKE gift_part INCLUDING ALL);
CREATE TABLE bench.gift_collection (LIKE gift_collection INCLUDING ALL);
CREATE TABLE bench.credit_reservation (LIKE credit_reservation INCLUDING ALL);
CREATE TABLE bench.credit_reservation_line (LIKE credit_reservation_line INCLUDING ALL);
CREATE TABLE bench.ledger_account (LIKE ledger_account INCLUDING ALL);
CREATE TABLE bench.ledger_transfer (LIKE ledger_transfer INCLUDING ALL);
CREATE TABLE bench.ledger_entry (LIKE ledger_entry INCLUDING ALL);
CREATE TABLE bench.outbox_message (LIKE outbox_message INCLUDING ALL);
ALTER TABLE bench.footprint ADD FOREIGN KEY (person_id) REFERENCES bench.person (id);
ALTER TABLE bench.gift_set ADD FOREIGN KEY (campaign_id) REFERENCES bench.gift_pool (campaign_id);
ALTER TABLE bench.gift_part ADD FOREIGN KEY (set_id) REFERENCES bench.gift_set (id);
ALTER TABLE bench.gift_part ADD FOREIGN KEY (lot_id) REFERENCES credit_lot (id);
ALTER TABLE bench.gift_collection ADD FOREIGN KEY (campaign_id) REFERENCES bench.gift_pool (campaign_id);
ALTER TABLE bench.gift_collection ADD FOREIGN KEY (set_id) REFERENCES bench.gift_set (id);
ALTER TABLE bench.gift_collection ADD FOREIGN KEY (person_id) REFERENCES bench.person (id);
ALTER TABLE bench.gift_collection ADD FOREIGN KEY (footprint_id) REFERENCES bench.footprint (id);
ALTER TABLE bench.credit_reservation_line ADD FOREIGN KEY (reservation_id) REFERENCES bench.credit_reservation (id);
ALTER TABLE bench.credit_reservation_line ADD FOREIGN KEY (lot_id) REFERENCES credit_lot (id);
ALTER TABLE bench.ledger_entry ADD FOREIGN KEY (transfer_id) REFERENCES bench.ledger_transfer (id);
ALTER TABLE bench.ledger_entry ADD FOREIGN KEY (account_id) REFERENCES bench.ledger_account (id);
INSERT INTO bench.gift_pool SELECT gen_random_uuid(), 0, 0 FROM generate_series(1, 4096);
CREATE TABLE bench.pool_no AS SELECT row_number() OVER () AS no, campaign_id FROM bench.gift_pool;
CREATE UNIQUE INDEX ON bench.pool_no (no);
INSERT INTO bench.ledger_account (path, unit, kind, floor, balance)
    SELECT side || ':' || n, 'g:1', 'pool', 0, 1000000000000
    FROM generate_series(1, 4096) n, unnest(ARRAY['held', 'reserved']) side;
CREATE TABLE bench.account_no AS SELECT split_part(path, ':', 2)::bigint AS no, min(id) AS one, max(id) AS other
    FROM bench.ledger_account GROUP BY 1;
CREATE UNIQUE INDEX ON bench.account_no (no);
CREATE FUNCTION bench.collect(p_pool bigint) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_person uuid := gen_random_uuid(); v_figure uuid := gen_random_uuid(); v_set uuid := gen_random_uuid();
    v_gift uuid := gen_random_uuid(); v_campaign uuid; v_next bigint; v_no bigint;
    v_one bigint; v_other bigint; v_transfer bigint;
BEGIN
    SELECT campaign_id INTO v_campaign FROM bench.pool_no WHERE no = p_pool;
    SELECT one, other INTO v_one, v_other FROM bench.account_no WHERE no = p_pool;
    UPDATE bench.gift_pool SET next_g = next_g + 4542, people = people + 1 WHERE campaign_id = v_campaign
        RETURNING next_g, people INTO v_next, v_no;
    INSERT INTO bench.person (id, language, state, created_at) VALUES (v_person, 'zh', 'active', now());
    INSERT INTO bench.footprint (id, person_id, calculator, calculator_version, factor_set_version, total_g, calculation,
                                 computed_at)
        SELECT v_figure, v_person, calculator, calculator_version, factor_set_version, total_g, calculation, clock_timestamp()
        FROM bench.figure;
    INSERT INTO bench.gift_set (id, campaign_id, start_g, stop_g, first_no, people, collected_at)
        VALUES (v_set, v_campaign, v_next - 4542, v_next, v_no, 1, clock_timestamp());
    INSERT INTO bench.gift_part (set_id, lot_id, start_g, stop_g) SELECT v_set, id, v_next - 4542, v_next FROM bench.lot;
    INSERT INTO bench.gift_collection (id, campaign_id, set_id, person_id, no, start_g, stop_g, emission_g, footprint_id,
                                       language, collected_at)
        VALUES (v_gift, v_campaign, v_set, v_person, v_no, v_next - 4542, v_next, 4542, v_figure, 'zh',
                clock_timestamp());
    INSERT INTO bench.credit_reservation (id, cause, programme, mass_g, state, held_at, expires_at, holder)
        VALUES (v_set, 'gifts:' || v_set, 'CDCER', 4542, 'held', clock_timestamp(), 'infinity', 'platform');
    INSERT INTO bench.credit_reservation_line (reservation_id, lot_id, mass_g) SELECT v_set, id, 4542 FROM bench.lot;
    INSERT INTO bench.ledger_transfer (cause, content, kind, legs, posted_at)
        VALUES ('reserve:' || v_set, sha256(v_set::text::bytea), 'reserve', 2, clock_timestamp()) RETURNING id INTO v_transfer;
    WITH moved AS (UPDATE bench.ledger_account a SET balance = a.balance + CASE a.id WHEN v_one THEN -4542 ELSE 4542 END
                   WHERE a.id IN (v_one, v_other) RETURNING a.id, a.balance)
    INSERT INTO bench.ledger_entry (transfer_id, account_id, leg, legs, amount, balance)
        SELECT v_transfer, id, row_number() OVER (ORDER BY id), 2, CASE id WHEN v_one THEN -4542 ELSE 4542 END, balance
        FROM moved;
    INSERT INTO bench.outbox_message (kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures)
        VALUES ('gift.collected', 'gifts:' || v_set, jsonb_build_object('set_id', v_set, 'people', 1, 'mass_g', 4542),
                'request_gifts', 'settle', clock_timestamp(), clock_timestamp(), 0, 0);
    RETURN v_gift;
END $$;
"""
_COLD: Final = "\\set pool random(1, 4096)\nSELECT bench.collect(:pool);\n"
_HOT: Final = "SELECT bench.collect(1);\n"


@dataclass(frozen=True, slots=True)
class _Rotation:
    """One rotation: ours, and both yardsticks."""

    ours: Load
    collected: int
    sets: int
    cpu_ms: float
    cold: float
    hot: float


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """Rotations of ours, cold, hot; after each the line of the pool is proved, and at the end a race for a small pool."""
    if pgbench() is None:
        return Finding([Line(id="P1", what="gifts over HTTP ÷ pgbench", measured="no pgbench", target="≥ 1.5 ×")])
    chance = random.Random(wishes.seed)
    seconds = 1.5 if wishes.is_quick else _SECONDS
    connection = await here.super()
    found: list[_Rotation] = []
    try:
        with here.processes("serve", log="p1", DIANDIAN_TRUSTED_PROXIES="127.0.0.1/32") as tree:
            pid = tree._running["serve"].pid
            for number in range(wishes.rotations):
                await connection.execute("UPDATE outbox_message SET done_at = now() WHERE job = 'request_gifts'")
                found.append(await _rotation(here, connection, pid, seconds, chance))
                one = found[-1]
                say(
                    f"P1 rotation {number + 1}: {one.ours.per_second:,.0f}/s in sets of {one.collected / one.sets:.1f},"
                    f" cold {one.cold:,.0f}/s, hot {one.hot:,.0f}/s"
                )
            race = await _race(here, connection)
    finally:
        await connection.close()
    return _finding(found, race)


async def _rotation(here: Ground, connection: Any, pid: int, seconds: float, chance: random.Random) -> _Rotation:
    campaign_id = await gift_ground.campaign(here, connection, pool_g=_POOL_G)
    tokens = await gift_ground.people(here, connection, _PEOPLE)
    chance.shuffle(tokens)
    await asyncio.sleep(1.1)  # what the process remembers of the campaign before is a second old by then
    cpu_s = _cpu_seconds(pid)
    ours = await asyncio.to_thread(
        load.drive,
        here.port,
        [_request(here.port, token) for token in tokens],
        connections=_CONNECTIONS,
        seconds=seconds,
    )
    cpu_s = _cpu_seconds(pid) - cpu_s
    if set(ours.statuses) != {201}:
        raise CannotRun(f"not every answer was 201: {ours.statuses}")
    row = await connection.fetchrow(
        "SELECT p.people, p.next_g, (SELECT count(*) FROM gift_set s WHERE s.campaign_id = p.campaign_id) AS sets,"
        " (SELECT count(*) FROM gift_collection k WHERE k.campaign_id = p.campaign_id) AS collected"
        " FROM gift_pool p WHERE p.campaign_id = $1",
        campaign_id,
    )
    # The last of each connection may be committed and not read.
    if not ours.answers <= row["collected"] == row["people"] <= ours.answers + _CONNECTIONS:
        raise CannotRun(
            f"{ours.answers} were acknowledged, {row['collected']} are there, the pool counts {row['people']}"
        )
    await _undisturbed(connection)
    cold = await _pgbench(here, connection, _COLD, seconds)
    hot = await _pgbench(here, connection, _HOT, seconds)
    return _Rotation(ours, row["collected"], row["sets"], 1000 * cpu_s / ours.answers, cold, hot)


async def _undisturbed(connection: Any) -> None:
    if wrong := [one for one in await gift_ground.broken(connection) if not one.startswith("gift_retired")]:
        raise CannotRun(f"the line of a pool is broken: {wrong}")  # `gift_retired`: no worker runs here


async def _pgbench(here: Ground, connection: Any, script: str, seconds: float) -> float:
    await connection.execute(_BARE)
    await connection.execute("CREATE TABLE bench.figure AS SELECT * FROM footprint LIMIT 1")
    await connection.execute("CREATE TABLE bench.lot AS SELECT id FROM credit_lot LIMIT 1")
    return await transactions_per_s(
        here.super_url, script, "-c", str(_CLIENTS), "-T", str(max(2, round(seconds))), most_s=seconds + 30
    )


def _request(port: int, token: str) -> bytes:
    body = json.dumps({"mode": "metro", "km": 23}).encode()
    return (
        f"POST /api/v1/scenes/{SCENE}/gift HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _race(here: Ground, connection: Any) -> str:
    """More people than grams, at once: exactly as many as the pool has get theirs, each whole."""
    campaign_id = await gift_ground.campaign(here, connection, pool_g=100 * 4_542, each_g=4_542)
    tokens = await gift_ground.people(here, connection, _SOLD_OUT_PEOPLE)
    await asyncio.sleep(1.1)
    each = await connection.fetchval("SELECT total_g FROM footprint ORDER BY id DESC LIMIT 1")
    done = await asyncio.to_thread(
        load.drive, here.port, [_request(here.port, token) for token in tokens], connections=_CONNECTIONS, seconds=1.0
    )
    row = await connection.fetchrow("SELECT people, next_g FROM gift_pool WHERE campaign_id = $1", campaign_id)
    await _undisturbed(connection)
    wanted_g = min(4_542, each)
    if row["people"] != 100 * 4_542 // wanted_g or row["next_g"] != row["people"] * wanted_g:
        raise CannotRun(f"sold out at {row['people']} people and {row['next_g']} g")
    return f"P1: {done.answers:,} tries for {row['people']} gifts from 64 connections gave exactly {row['people']}."


def _finding(found: list[_Rotation], race: str) -> Finding:
    ours = [one.ours.per_second for one in found]
    lines = []
    for id_, what, yardstick in (
        ("P1", "gifts over HTTP ÷ pgbench without a hot row", "cold"),
        ("P1b", "the same ÷ pgbench on the hot row", "hot"),
    ):
        spread = ratio(ours, [getattr(one, yardstick) for one in found])
        lines.append(
            Line(
                id=id_, what=what, measured=f"{spread.median:.2f} ×", spread=spread.text(),
                target=f"≥ {AT_LEAST[yardstick]:g} ×", is_met=spread.median >= AT_LEAST[yardstick],
                figures={"per_second": ours, "yardstick_per_second": [getattr(one, yardstick) for one in found]},
            )
        )  # fmt: skip
    for what, values, form in (
        ("  collected over HTTP, a second", ours, ",.0f"),
        ("  people in a set", [one.collected / one.sets for one in found], ".1f"),
        ("  processor of the API a gift, ms", [one.cpu_ms for one in found], ".2f"),
        ("  p99 of an answer, ms", [one.ours.p99_ms for one in found], ".0f"),
        ("  pgbench without a hot row, a second", [one.cold for one in found], ",.0f"),
        ("  pgbench on the hot row, a second", [one.hot for one in found], ",.0f"),
    ):
        spread = Spread.of(values)
        lines.append(Line(id="P1", what=what, measured=f"{spread.median:{form}}", spread=spread.text(form)))
    return Finding(lines, [race])
