"""Steps 5 and 6: the primary dies in mid-traffic and its standby takes over, one that confirmed and one that was behind."""

import asyncio
import time
from typing import Final

from app.kernel.clock import utc_now
from tests.cluster.database import Server
from tests.cluster.ground import Cluster, Prepared
from tests.cluster.load import visitors
from tests.cluster.lost import Before, make_up_for, prove_all, same_sums
from tests.cluster.report import Shown
from tests.faults.seeing import books_agree, one_of_each
from tests.stack import eventually

_BEHIND_S: Final = 5.0
_REACTION_S: Final = 1.0
"""Until an operator, or a program of theirs, promotes the standby."""


async def fail_over_confirmed(ready: Prepared, shown: Shown) -> None:
    """`synchronous_commit = remote_apply`: whatever was acknowledged is on the standby, and everybody finds it."""
    with Cluster(ready) as cluster:
        second = await cluster.begin_all(standby="confirms")
        async with visitors(cluster, 6, pause_s=0.1) as visits:
            await eventually(lambda: len(visits.paid) >= 8, 120, "nobody comes")
            await asyncio.to_thread(cluster.primary.kill)
            before, died = len(visits.orders), time.monotonic()
            shown.say(f"the primary is dead; {before} orders were acknowledged")
            await asyncio.sleep(_REACTION_S)
            await _take_over(cluster, second)
            await visits.demand_orders(cluster)
            shown.say(f"the standby leads after {time.monotonic() - died:.1f} s; no acknowledged order is lost")
            await eventually(lambda: len(visits.orders) > before + 8 or None, 120, "nobody is served any more")
            await cluster.all_up()
        cluster.tally.demand_no_failure()
        assert not cluster.tally.broken, cluster.tally.broken[:5]
        await visits.demand_orders(cluster)
        await visits.settle(cluster)
        await one_of_each(cluster, visits.paid)
        shown.note(f"{len(visits.orders)} orders acknowledged, 0 lost; {len(visits.paid)} paid and certified")
        shown.note(
            f"{cluster.tally.requests} requests, none of 500 and none broken; {len(cluster.tally.away)} of 503 with"
            f" Retry-After over {cluster.tally.away_s:.1f} s"
        )
        await prove_all(cluster)
        await books_agree(cluster)
        await same_sums(cluster, shown)
        shown.note("`prove --all` is green, nobody had to decide")


async def fail_over_behind(ready: Prepared, shown: Shown) -> None:
    """An asynchronous standby that is five seconds behind: what was lost is named, made up for, and given to nobody twice."""
    with Cluster(ready) as cluster:
        second = await cluster.begin_all(standby="follows")
        async with visitors(cluster, 3) as visits:
            await eventually(lambda: len(visits.paid) >= 4, 120, "nobody comes")
            since = utc_now()
            await cluster.primary.hold_standby()
            held, paid = time.monotonic(), len(visits.paid)

            def is_time() -> bool:
                return time.monotonic() - held >= _BEHIND_S and len(visits.paid) >= paid + 3

            await eventually(is_time, 120, "nobody pays while the standby is held")
            visits.leave()
            before = await Before.of(cluster)
            await asyncio.to_thread(cluster.primary.kill)
        shown.say(f"the primary is dead, the standby {time.monotonic() - held:.1f} s behind")
        await _take_over(cluster, second)
        await cluster.all_up()
        cluster.tally.demand_no_failure()
        await make_up_for(cluster, shown, before, since=since)


async def _take_over(cluster: Cluster, second: Server) -> None:
    """What an operator does (docs/runbooks/failover.md): promote, and lead the pooler there. No process is begun anew."""
    await second.promote()
    cluster.pooler.lead_to(second)
    cluster.super_url = second.url("postgres")
    cluster.environment.pop("DATABASE_READ_URL")  # nobody follows any more; what runs already finds that out by itself
