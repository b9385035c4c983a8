"""Steps 3 and 4: every process is replaced under load, by the same release and by the next one, and nobody notices."""

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import httpx

from config.places import migration_head
from tests.cluster.ground import APIS, SPARE, WORKERS, Cluster, Prepared
from tests.cluster.load import Visits, reading, visitors
from tests.cluster.report import Shown
from tests.conftest import PROJECT
from tests.faults.seeing import books_agree, one_of_each
from tests.stack import PATIENCE_S, eventually

_VISITORS: Final = 4
_NEXT: Final = "a_column_more"
_PARTS: Final = ("app", "config", "workers", "migrations")
_MIGRATION: Final = '''"""What a next release might add."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "{head}")]

    operations = [
        ops.RunSQL("ALTER TABLE purchase_order ADD COLUMN shown text NOT NULL DEFAULT ''"),
        ops.RunSQL("ALTER TABLE payment ADD COLUMN shown text"),
        ops.RunSQL("CREATE TABLE shown_here (id bigint PRIMARY KEY, said text NOT NULL)"),
        ops.RunSQL("GRANT SELECT, INSERT ON shown_here TO ddt_app"),
    ]
'''


async def restart_rolling(ready: Prepared, shown: Shown) -> None:
    """Each API and each worker is told to end and begun again, one after the other, while people come."""
    with Cluster(ready) as cluster:
        await cluster.begin_all(standby="follows")
        async with reading(cluster), visitors(cluster, _VISITORS) as visits:
            await asyncio.sleep(3)
            for name in (*APIS, *WORKERS):
                await replace(cluster, name, shown)
            await asyncio.sleep(2)
        await _nothing_noticed(cluster, visits, shown)


async def release_rolling(ready: Prepared, shown: Shown) -> None:
    """The next release's migration runs beside this one, whose processes stay ready; then they are replaced by it.

    The next release is a copy of this program with one migration more.
    """
    with Cluster(ready) as cluster:
        checkout = next_release(cluster.folder / "next")
        await cluster.begin_all(standby="follows")
        async with reading(cluster), visitors(cluster, _VISITORS) as visits:
            await asyncio.sleep(2)
            await _is_not_ready_yet(cluster, checkout)
            shown.say("the next release is not ready before its migration")
            began = time.monotonic()
            said = await asyncio.to_thread(_migrate, cluster, checkout)
            shown.note(f"{said} applied beside running processes in {time.monotonic() - began:.1f} s")
            await cluster.ready(APIS[0])
            await replace(cluster, APIS[0], shown)  # the old release may restart on the new tables
            await replace(cluster, WORKERS[0], shown)
            cluster.checkout = checkout
            for name in (*APIS, *WORKERS):
                await replace(cluster, name, shown)
            cluster.checkout = None
            await replace(cluster, APIS[0], shown)  # and back: what was added is in nobody's way
            await asyncio.sleep(2)
        await _nothing_noticed(cluster, visits, shown)


async def replace(cluster: Cluster, name: str, shown: Shown) -> None:
    """SIGTERM, wait for its end, begin it anew, wait until it is ready and the proxy knows (docs/runbooks/upgrade.md)."""
    code, seconds = await cluster.stop(name, 60)
    assert code == 0, f"{name} left with {code}: {cluster.fresh_log(name)[-2000:]}"
    cluster.begin(name)
    await cluster.ready(name, 3 * PATIENCE_S)
    if name in APIS:
        await cluster.all_up()
    whose = "of the next release" if cluster.checkout else ""
    shown.say(f"{name} {whose} replaced; it took {seconds:.1f} s to end".replace("  ", " "))


def next_release(folder: Path) -> Path:
    """A copy of this program with one migration more."""
    for part in _PARTS:
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    head = migration_head()
    number = int(head[:4]) + 1
    (folder / "migrations" / f"{number:04}_{_NEXT}.py").write_text(_MIGRATION.format(head=head))
    return folder


def _migrate(cluster: Cluster, checkout: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "migrate"], cwd=checkout, capture_output=True, text=True, timeout=300,
        env=cluster.environment | {"PYTHONPATH": str(checkout)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    (head,) = [path.stem for path in (checkout / "migrations").glob(f"[0-9]*_{_NEXT}.py")]
    return head


async def _is_not_ready_yet(cluster: Cluster, checkout: Path) -> None:
    """An API of the next release, which nobody is led to, says that its tables are not there."""
    name = SPARE
    cluster.checkout = checkout
    try:
        cluster.begin(name)
    finally:
        cluster.checkout = None
    async with httpx.AsyncClient(base_url=cluster.api(name), trust_env=False, timeout=10) as client:

        async def says() -> bool:
            assert cluster.is_running(name), cluster.fresh_log(name)[-2000:]
            try:
                return (await client.get("/readyz")).status_code == 503
            except httpx.TransportError:
                return False

        await eventually(says, 60, "the next release is ready without its migration")
    await cluster.kill(name)


async def _nothing_noticed(cluster: Cluster, visits: Visits, shown: Shown) -> None:
    cluster.tally.demand_nothing_lost()
    await visits.settle(cluster)
    await one_of_each(cluster, visits.paid)
    await books_agree(cluster)
    shown.note(f"{cluster.tally.requests} requests meanwhile, 0 failed; {len(visits.paid)} orders paid and certified")
