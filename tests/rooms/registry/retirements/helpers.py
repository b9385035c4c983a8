"""What several tests of retirements do by hand: settle as the worker does, claim, judge, and look at a lot."""

from datetime import date
from typing import Any
from uuid import UUID

from app.gateways.bundle import Gateways
from app.gateways.database import again, fetch, transaction
from app.gateways.wechat import WeChatLogin
from app.kernel.clock import utc_now
from app.registry import holdings, ledger, retirements
from app.registry.claims import ProfileSet, Purpose, Stage
from app.registry.credits import Programme
from tests.flow import ISSUER
from tests.rooms.conftest import PROFILES, River, connected, request_for
from tests.rooms.registry.cancellations.conftest import Desk
from workers.jobs import Tools, judge_upstream


async def settle(ids: list[UUID]) -> list[UUID]:
    """As the worker does it."""

    async def use_case() -> list[UUID]:
        async with transaction() as tx:
            return await retirements.settle(ids, tx=tx)

    return await again(use_case)


async def held(lot_id: int) -> tuple[int, int, int]:
    """Open, reserved and retired grams of a lot."""
    paths = [f"{who}:{lot_id}" for who in ("inventory", "reserved", "retired")]
    found = await ledger.balances(paths, unit=f"g:{lot_id}")
    return found[paths[0]], found[paths[1]], found[paths[2]]


# ---- claims of organisations, and their second judging


async def claim(river: River, bank: UUID, *wanted: dict[str, Any], profiles: ProfileSet = PROFILES) -> list[UUID]:
    """Claims of the bank, settled in one batch, in this order: `mass_g`, and what is not as usual."""
    year = {"purpose": Purpose.ORGANISATION, "period_from": date(2025, 12, 1), "period_to": date(2026, 11, 1)}
    asked = []
    async with transaction() as tx:
        for number, one in enumerate(wanted):
            mass_g, programme = one.get("mass_g", 5), one.get("programme", Programme.CDCER)
            cause = f"claim:{len(await fetch('SELECT id FROM retirement', tx=tx))}-{number}"
            await holdings.reserve(cause, programme, mass_g, expires_at=utc_now(), tx=tx)
            parties = {"payer_id": bank, "holder_id": bank, "beneficiary_id": bank}
            changed = {name: value for name, value in one.items() if name not in {"mass_g", "programme"}}
            asked.append(river.asked(cause, mass_g).but(**{**parties, **year, **changed}))
        ids = await request_for(asked, tx=tx)
    async with transaction() as tx:
        await retirements.settle(ids, profiles=profiles, tx=tx)
    return ids


async def follow(desk: Desk) -> int:
    """Let the job run for every event that it follows; how many there were."""
    rows = await fetch("SELECT id FROM outbox_message WHERE job = 'judge_upstream' AND done_at IS NULL")
    await judge_upstream([row["id"] for row in rows], tools(desk))
    return len(rows)


def tools(desk: Desk, profiles: ProfileSet = PROFILES) -> Tools:
    wechat = WeChatLogin(appid="wxsandbox", secret="secret", base_url="http://127.0.0.1:9")
    gateways = Gateways(channels={}, wechat=wechat, files=desk.files, clock=utc_now)
    return Tools(gateways=gateways, issuer=ISSUER, studio=None, profiles=profiles)


async def kept(id_: UUID) -> list[tuple[str, Stage]]:
    return [(one.profile, one.stage) for one in (await retirements.find_verdicts([id_])).get(id_, ())]


async def told(id_: UUID) -> retirements.Judged:
    (row,) = await fetch("SELECT number FROM retirement WHERE id = $1", id_)
    return await retirements.recall(row["number"])


async def rewrite(river: River, *statements: str) -> None:
    """Change what nobody may."""
    async with connected(river.stand.super_url) as admin, admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await admin.execute(statement)
