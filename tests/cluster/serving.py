"""Steps 1 and 2: visitors are served by whichever API, and what a channel forgets to say is found."""

import asyncio
import time
from typing import Final

import httpx

from tests.cluster.ground import APIS, Cluster, Prepared
from tests.cluster.load import Visits, visit, visitors
from tests.cluster.report import Shown
from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, books_agree, one_of_each
from tests.stack import eventually

_LOAD_S: Final = 12.0
_LOST: Final = 6
_FOUND_S: Final = 20.0
"""What is promised for a notice that never comes (docs/operations.md)."""
_DRAWN: Final = 3


async def serve_visitors(ready: Prepared, shown: Shown) -> None:
    """People scan, compute, order and pay; certificates verify; every API gives every paper out of the bucket."""
    with Cluster(ready) as cluster:
        await cluster.begin_all(standby="follows")
        shown.say("3 APIs, 3 workers, a primary and a standby, PgBouncer, HAProxy, a bucket, Valkey")
        began = time.monotonic()
        async with visitors(cluster, 6) as visits:
            await asyncio.sleep(_LOAD_S)
        await visits.settle(cluster)
        took_s = time.monotonic() - began
        cluster.tally.demand_nothing_lost()
        assert len(visits.paid) >= len(APIS), f"only {len(visits.paid)} were paid"
        shown.note(
            f"{len(visits.paid)} orders paid and certified in {took_s:.0f} s; {cluster.tally.requests} requests,"
            " none failed"
        )
        await _verify(cluster, visits, shown)
        await _draw(cluster, shown)
        await one_of_each(cluster, visits.paid)
        await books_agree(cluster)
        assert not (bad := cluster.says('"request.failed"') + cluster.says('"job.failed"')), bad[:3]
        shown.note("one payment, one retirement, one certificate each; our books are the channel's")


async def find_lost_notices(ready: Prepared, shown: Shown) -> None:
    """The channel takes the money and never says so: the order is certified all the same, by asking."""
    with Cluster(ready) as cluster:
        await cluster.begin_all()
        visits = Visits()

        async def pay_in_silence() -> float:
            async with cluster.phone() as phone:
                order = await visit(phone, visits, "success_no_notify")
                paid_at = time.monotonic()
                await phone.certificate(order, 2 * _FOUND_S)
                return time.monotonic() - paid_at

        took = []
        for _ in range(_LOST // 2):
            took += await asyncio.gather(pay_in_silence(), pay_in_silence())
        slow = slowness()
        assert max(took) < _FOUND_S * slow, f"a lost notice was found after {max(took):.1f} s"
        cluster.tally.demand_nothing_lost()
        await one_of_each(cluster, visits.paid)
        await books_agree(cluster)
        shown.note(
            f"{len(took)} lost notices found and certified, the slowest after {max(took):.1f} s; allowed were"
            f" {_FOUND_S * slow:.0f} s"
        )


async def _verify(cluster: Cluster, visits: Visits, shown: Shown) -> None:
    """Each certificate's page says that it stands, at whichever API."""
    rows = await cluster.sql("SELECT verify_code FROM certificate")
    async with cluster.phone() as phone:
        for row in rows:
            page = await phone.client.get(f"/v/{row['verify_code']}", headers={"accept": "application/json"})
            assert page.status_code == 200, f"{page.url}: {page.status_code}"
    shown.note(f"{len(rows)} certificates verify")


async def _draw(cluster: Cluster, shown: Shown) -> None:
    """Papers are drawn on one machine, lie in the bucket, and are the same at each API."""
    visits = Visits()
    for _ in range(_DRAWN):
        async with cluster.phone() as phone:
            order = await visit(phone, visits)
            certificate = await phone.certificate(order, SETTLED_WITHIN_S)
            drawn = (await phone.files(certificate, SETTLED_WITHIN_S))["zh.pdf"]
            assert drawn.startswith(b"%PDF-")
            path = httpx.URL(certificate["files"]["zh.pdf"]).raw_path.decode()
            for name in APIS:
                await _gives(cluster.api(name), path, phone.client.headers["authorization"], drawn)
    here = [file for file in cluster.folder.glob("machine-*/files/**/*") if file.is_file()]
    assert not here, f"files lie on a machine: {here[:3]}"
    papers = [name for name in cluster.objects() if "recovery-marker" not in name]
    assert len(papers) >= 2 * _DRAWN, papers
    shown.note(
        f"{_DRAWN} PDFs drawn on the third machine, the same at each of {len(APIS)} APIs; {len(papers)} files in the bucket"
    )


async def _gives(api: str, path: str, authorization: str, wanted: bytes) -> None:
    """This API, asked past the proxy, gives these bytes."""
    async with httpx.AsyncClient(base_url=api, trust_env=False, timeout=60) as client:

        async def same() -> bool:
            answer = await client.get(path, headers={"authorization": authorization})
            return answer.status_code == 200 and answer.content == wanted

        await eventually(same, 5, f"{api} does not give the paper of another machine")
