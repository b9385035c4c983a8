"""What a certificate's grams are covered by: tonne by tonne, lot by lot, as it stands now."""

from app.gateways.database import fetch, transaction
from app.registry import cancellations
from app.registry.cancellations import LotRange, Mode, Span, UpstreamState
from tests.rooms.conftest import open_lot
from tests.rooms.registry.cancellations.conftest import LOT, Desk

OTHER = "CDCER-2024-0002"


async def states(*spans: Span) -> list[UpstreamState]:
    covers = await cancellations.cover(spans)
    return [*(one.state for one in covers), cancellations.together(covers)]


async def test_of_two_lots_with_one_cancelled_a_certificate_is_partly_cancelled(desk: Desk) -> None:
    await open_lot(OTHER, "CDCER-2024-0002-1-50", 2024)
    await desk.retire(400_000)
    await desk.cancelled()
    mine, theirs = Span(LOT, 0, 400_000), Span(OTHER, 0, 100)
    assert await states(mine, theirs) == [UpstreamState.CANCELLED, UpstreamState.POOLED, UpstreamState.PARTLY]


async def test_grams_across_the_edge_of_a_cancelled_tonne_are_partly_cancelled_and_name_their_proof(desk: Desk) -> None:
    await desk.retire(1_000_000)
    await desk.cancelled("VN-2026-9")
    await desk.retire(500_000)
    (one,) = await cancellations.cover([Span(LOT, 900_000, 1_200_000)])
    assert (one.state, one.covered_g) == (UpstreamState.PARTLY, 100_000)
    (proof,) = one.proofs
    assert (proof.registry_reference, proof.lot, proof.first, proof.last) == ("VN-2026-9", LOT, 1, 1)
    assert await states(Span(LOT, 1_000_000, 1_500_000)) == [UpstreamState.POOLED] * 2


async def test_a_bare_proposal_is_nothing_yet_and_a_report_is_on_its_way(desk: Desk) -> None:
    await desk.retire(5)
    reference = await desk.propose()
    assert await states(Span(LOT, 0, 5)) == [UpstreamState.POOLED] * 2
    await desk.report(reference)
    assert await states(Span(LOT, 0, 5)) == [UpstreamState.SUBMITTED] * 2
    await desk.send_back(reference)
    assert await states(Span(LOT, 0, 5)) == [UpstreamState.POOLED] * 2


async def test_what_the_registry_has_not_answered_is_on_its_way(wired: Desk) -> None:
    await wired.retire(5)
    reference = await wired.propose(Mode.REGISTRY)
    await wired.approve(reference)
    assert await states(Span(LOT, 0, 5)) == [UpstreamState.SUBMITTED] * 2


async def test_a_lot_nobody_knows_is_not_covered(desk: Desk) -> None:
    assert await states(Span("NONE", 0, 5)) == [UpstreamState.POOLED] * 2
    assert await cancellations.cover([]) == []


async def test_only_grams_of_which_every_tonne_is_cancelled_are_told_as_cancelled_in_whole(desk: Desk) -> None:
    other = await open_lot(OTHER, "CDCER-2024-0002-1-50", 2024)
    await desk.retire(1_200_000)
    await desk.cancelled()  # the first two tonnes
    lot = desk.river.lot_id
    inside = [
        LotRange(lot, 0, 12_400),
        LotRange(lot, 12_400, 24_800),
        LotRange(lot, 999_999, 1_000_001),
        LotRange(lot, 0, 2_000_000),
    ]
    outside = [LotRange(lot, 1_999_999, 2_000_001), LotRange(lot, 2_000_000, 2_000_001), LotRange(other, 0, 1)]
    async with transaction() as tx:
        assert await cancellations.cancelled_whole([*inside, *outside], tx=tx) == frozenset(inside)
        assert await cancellations.cancelled_whole([], tx=tx) == frozenset()


async def test_the_ranges_of_a_cancellation_are_told_only_when_it_is_confirmed(desk: Desk) -> None:
    await desk.retire(1_200_000)
    reference = await desk.propose()
    (row,) = await fetch("SELECT id FROM upstream_cancellation")
    await desk.report(reference)
    assert await cancellations.ranges([row["id"]]) == []
    await desk.approve(reference)
    assert await cancellations.ranges([row["id"]]) == [LotRange(desk.river.lot_id, 0, 2_000_000)]
