"""Step 7: the database is restored to a moment in mid-traffic, from a base backup and the archive of its log."""

from datetime import datetime
from pathlib import Path

from app.kernel.clock import utc_now
from tests.cluster import programs
from tests.cluster.database import Server
from tests.cluster.ground import APIS, WORKERS, Cluster, Prepared
from tests.cluster.load import visitors
from tests.cluster.lost import Before, make_up_for
from tests.cluster.report import Shown
from tests.stack import eventually


async def restore_to_a_moment(ready: Prepared, shown: Shown) -> None:
    """By docs/runbooks/restore.md, and the channel's sum is ours in the end."""
    with Cluster(ready) as cluster:
        archive = cluster.folder / "archive"
        archive.mkdir(mode=0o700)
        programs.own(archive, ready.found.account)
        await cluster.begin_all(archive_mode="on", archive_command=f"test ! -f {archive}/%f && cp %p {archive}/%f")
        restored = cluster.spare("restored")
        restored.backup_of(cluster.primary, follows=False)
        shown.say("a base backup is made, the log is archived")
        async with visitors(cluster, 4) as visits:
            await eventually(lambda: len(visits.paid) >= 4, 120, "nobody comes")
            moment, paid = utc_now(), len(visits.paid)
            await eventually(lambda: len(visits.paid) >= paid + 4, 120, "nobody pays after the moment")
            visits.leave()
            before = await Before.of(cluster)
        await _archived(cluster.primary, archive)
        for name in (*APIS, *WORKERS):
            await cluster.kill(name)
        cluster.primary.stop()
        shown.say(f"the first server is gone; restoring to {moment:%H:%M:%S.%f} UTC")
        await _restore(restored, archive, moment)
        cluster.lead_to(restored)
        cluster.pooler.lead_to(restored)
        cluster.super_url = restored.url("postgres")
        await cluster.begin_platform()
        shown.note(f"restored to a moment after {paid} paid orders and before {len(visits.paid) - paid} more")
        await make_up_for(cluster, shown, before, since=moment)


async def _archived(primary: Server, archive: Path) -> None:
    """What was written until now lies in the archive, as it would a moment later by `archive_timeout`."""
    (row,) = await primary.sql("SELECT pg_walfile_name(pg_switch_wal()) AS segment")
    await eventually(lambda: (archive / row["segment"]).exists() or None, 60, "the log is not archived")


async def _restore(restored: Server, archive: Path, moment: datetime) -> None:
    """`restore_command`, `recovery_target_time`, `recovery.signal`: step 2 of the run-book."""
    sign = restored.data / "recovery.signal"
    sign.touch()
    programs.own(sign, restored.account)
    restored.begin(
        restore_command=f"cp {archive}/%f %p",
        recovery_target_time=moment.isoformat(sep=" "),
        recovery_target_action="promote",
    )
    await restored.ready(leads=True, within_s=120)
