"""A gift keeps the id of the request that collected it, through the set that it is collected in."""

from app.gateways import tracing
from app.gateways.database import fetch
from app.programmes import gifts
from app.programmes.gifts import Wish
from tests.rooms.programmes.gifts.conftest import KG, Giving
from workers.jobs import JOBS
from workers.running import run
from workers.subscriptions import SETTLE


async def wish_by(giving: Giving, request_id: str | None) -> Wish:
    with tracing.bound(request_id):
        return await giving.wish(KG)


async def work(giving: Giving) -> None:
    """Run what waits as a worker does, one hop after the other."""
    while rows := await fetch(
        "SELECT job, array_agg(id ORDER BY id) AS ids FROM outbox_message"
        " WHERE queue = 'settle' AND done_at IS NULL GROUP BY job ORDER BY min(id)"
    ):
        for row in rows:
            await run(JOBS[SETTLE][row["job"]], row["ids"], giving.tools)


async def requests_of(kind: str) -> dict[str, str | None]:
    """By whose retirement an event is about, the request that it follows from."""
    rows = await fetch(
        "SELECT r.cause, m.request_id FROM outbox_message m JOIN retirement r ON m.subject = 'retirement:' || r.id"
        " WHERE m.kind = $1",
        kind,
    )
    return {row["cause"]: row["request_id"] for row in rows}


async def test_each_of_a_set_goes_on_under_the_request_that_collected_it(giving: Giving) -> None:
    asked = ["req_one", "req_two", None]
    answers = await giving.collect(*[await wish_by(giving, one) for one in asked])
    causes = [gifts.cause_of(one.id) for one in answers if one.id is not None]
    (written,) = await fetch("SELECT DISTINCT request_id FROM outbox_message WHERE kind = 'gift.collected'")
    assert written["request_id"] is None, "a set of several is nobody's"

    await work(giving)
    assert await requests_of("retirement.requested") == dict(zip(causes, asked, strict=True))
    assert await requests_of("retirement.settled") == dict(zip(causes, asked, strict=True))


async def test_whoever_collects_alone_has_the_event_of_the_set_as_well(giving: Giving) -> None:
    (answer,) = await giving.collect(await wish_by(giving, "req_alone"))
    assert answer.id is not None
    written = await fetch("SELECT DISTINCT request_id FROM outbox_message WHERE kind = 'gift.collected'")
    assert [row["request_id"] for row in written] == ["req_alone"]

    await work(giving)
    assert await requests_of("retirement.settled") == {gifts.cause_of(answer.id): "req_alone"}
