"""Making up for lost time at the terminal: what would be done, the decision of two people, and going on until all is done."""

from datetime import datetime

import click

from app import wiring
from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import SECOND_CODE, Credentials, acting
from app.commerce import payments, recovery
from app.gateways.bundle import Gateways
from app.kernel import ids, mass
from app.kernel.clock import rfc3339, utc_now
from app.programmes import gifts
from config.settings import Settings

_ROUNDS = 40
"""Of asking open payments: fifty of each channel a round."""


async def tell(settings: Settings, since: datetime | None, copy: bytes | None) -> int:
    """Look, and say what deciding would do; answers the exit code. Noticing is all that it writes."""
    async with database(settings):
        gateways = wiring.gateways(settings)
        try:
            if not await _is_open(settings, gateways, copy):
                return await _say_left()
            plan = await recovery.plan(_since(since), asked=gateways.channels.keys(), now=utc_now())
            await _print_plan(plan)
            line(
                say(
                    "以上只是预告；执行：--apply --by 管理员 --second 第二人 --reason 理由",
                    "nothing is done yet; to do it: --apply --by ADMINISTRATOR --second OTHER --reason WHY",
                )
            )
            return 1
        finally:
            await gateways.aclose()


async def apply(
    settings: Settings,
    since: datetime | None,
    copy: bytes | None,
    *,
    who: Credentials | None,
    second: Credentials | None,
    reason: str,
) -> int:
    """Decide where nobody has, then do one round of what is left; answers the exit code."""
    async with database(settings):
        gateways = wiring.gateways(settings)
        try:
            if await _is_open(settings, gateways, copy):
                if who is None or second is None:
                    raise click.UsageError(
                        say("还需 --by、--second 与 --reason。", "this takes --by, --second and --reason.")
                    )
                async with acting(settings, who) as by, acting(settings, second, code_from=SECOND_CODE) as other:
                    plan = await recovery.decide(
                        _since(since), by=by, second=other, reason=reason, asked=gateways.channels.keys(), now=utc_now()
                    )
                await _print_plan(plan)
                line(say("已决定，恢复注销与出证", "decided: settling goes on"))
            for number in range(_ROUNDS):
                asked = await payments.ask_due(channels=gateways.channels)
                if not asked:
                    break
                line(
                    say(
                        f"第 {number + 1} 轮：询问 {asked} 笔未决支付",
                        f"round {number + 1}: {asked} open payments asked",
                    )
                )
            steps = await recovery.go_on(channels=gateways.channels, now=utc_now())
            if steps:
                line(say(f"办理 {steps} 步", f"{steps} steps gone about"))
            return await _say_left()
        finally:
            await gateways.aclose()


def _since(since: datetime | None) -> datetime:
    if since is None:
        raise click.UsageError(say("还需 --since。", "this takes --since."))
    return since


async def _is_open(settings: Settings, gateways: Gateways, copy: bytes | None) -> bool:
    """Whether people must decide, after one more look."""
    marker = None
    if copy is not None:
        marker = recovery.opened(copy)
        if marker is None:
            raise recovery.MarkerUnfit
    connection = await wiring.connect(settings)
    try:
        return not await recovery.look(connection, gateways.files, marker=marker)
    finally:
        await connection.close(timeout=2)


async def _print_plan(plan: recovery.Plan) -> None:
    line(
        say(
            f"历史短于第 {plan.marker.no} 号恢复标记（{plan.marker.at}），{rfc3339(plan.noticed_at)} 发现",
            f"history is shorter than marker {plan.marker.no} of {plan.marker.at} says,"
            f" noticed {rfc3339(plan.noticed_at)}",
        )
    )
    for one in plan.findings:
        line(
            f"  {one.what} {one.name[:16]}: {one.found} < {one.expected}"
            if one.expected is not None
            else f"  {one.what}"
        )
    for part in plan.ranges:
        if part.kind == "lot":
            short = max(0, part.stop - part.start - part.free)
            line(
                say(
                    f"  批次 {part.name}：永不再发的克 [{part.start}, {part.stop})，{mass.text(part.stop - part.start)}"
                    + (f"，其中 {mass.text(short)} 要等库存腾出" if short else ""),
                    f"  lot {part.name}: grams [{part.start}, {part.stop}) never given again,"
                    f" {mass.text(part.stop - part.start)}"
                    + (f"; {mass.text(short)} of them once the stock has them" if short else ""),
                )
            )
        else:
            line(
                say(
                    f"  登记册 {part.name}：永不再发的号 {part.start} 至 {part.stop - 1}",
                    f"  register {part.name}: numbers {part.start} to {part.stop - 1} never given again",
                )
            )
    line(
        say(
            f"  询问 {plan.open_payments} 笔未决支付；读 {len(plan.days)} 份账单，其中我们不知道的款项退回",
            f"  {plan.open_payments} open payments are asked about; {len(plan.days)} bills are read,"
            " and what they say was paid for nothing we know goes back",
        )
    )
    line(
        say(
            f"  须告知：{rfc3339(plan.since)} 之后登录的人要重新登录（当时有 {plan.sessions} 个登录）",
            f"  to be told: whoever signed in after {rfc3339(plan.since)} signs in again ({plan.sessions} were signed in then)",
        )
    )
    for campaign_id in await gifts.open_at(plan.since):
        line(
            say(
                f"  须告知：此后从赠碳 {ids.public('gft', campaign_id)} 领取的人要重新领取",
                f"  to be told: whoever collected from the gift {ids.public('gft', campaign_id)} since then collects again",
            )
        )


async def _say_left() -> int:
    left = await recovery.left()
    for sentence in left:
        line(f"✘ {sentence}", hang=4)
    if not left:
        line(say("✔ 没有丢失的时段要办理", "✔ no lost time is left to make up for"))
    return 1 if left else 0
