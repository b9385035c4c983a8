"""What a certificate says about upstream cancellation (上游注销), read live: its frozen record cannot know it."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Annotated, Any

import msgspec

from app.registry import cancellations
from app.registry.cancellations import Span, UpstreamState
from app.views.certificates.record import UpstreamProof


class ProofView(msgspec.Struct, frozen=True, kw_only=True):
    """A cancellation that the registry has confirmed, of tonnes in which grams of the certificate lie."""

    reference: Annotated[str, msgspec.Meta(examples=["UC-20261122-7K3M9QFX"])]
    lot: Annotated[str, msgspec.Meta(examples=["CDCER-2022-0113"])]
    registry_reference: str
    """The registry's own number."""
    cancelled_on: date
    first: int
    """The registry's number of the first tonne."""
    last: int
    """Of the last, included."""


class UpstreamView(msgspec.Struct, frozen=True, kw_only=True):
    """How far the grams are also cancelled at the registry they came from, in whole tonnes. Changes; the record does not."""

    state: UpstreamState
    """`pooled` nothing yet, `submitted` on its way, `partly` some of the grams, `cancelled` all of them."""
    covered_g: int
    mass_g: int
    proofs: tuple[ProofView, ...]


EXAMPLE = UpstreamView(
    state=UpstreamState.CANCELLED,
    covered_g=12_400,
    mass_g=12_400,
    proofs=(
        ProofView(
            reference="UC-20261122-7K3M9QFX",
            lot="CDCER-2022-0113",
            registry_reference="SBX-4F1C2A9B77E0",
            cancelled_on=date(2026, 11, 22),
            first=113,
            last=115,
        ),
    ),
)


async def upstream_of(records: Sequence[dict[str, Any]]) -> list[UpstreamView]:
    """For each record, in its order; one query for any number."""
    spans = [[Span(line["lot"], line["start_g"], line["stop_g"]) for line in record["lines"]] for record in records]
    covers = iter(await cancellations.cover([span for own in spans for span in own]))
    return [_view(list(islice(covers, len(own)))) for own in spans]


def upstream_by(record: dict[str, Any], met: Sequence[Mapping[str, Any]]) -> UpstreamView:
    """The same for one record, of cancellations that were read with it."""
    return _view(
        cancellations.covered([Span(line["lot"], line["start_g"], line["stop_g"]) for line in record["lines"]], met)
    )


def proofs_of(view: UpstreamView) -> tuple[UpstreamProof, ...]:
    """The same for a page."""
    return tuple(UpstreamProof(one.lot, one.registry_reference, one.cancelled_on) for one in view.proofs)


def _view(covers: Sequence[cancellations.SpanCover]) -> UpstreamView:
    proofs = {proof.reference: proof for one in covers for proof in one.proofs}  # two slices may lie in one tonne
    return UpstreamView(
        state=cancellations.together(covers),
        covered_g=sum(one.covered_g for one in covers),
        mass_g=sum(one.span.stop_g - one.span.start_g for one in covers),
        proofs=tuple(
            ProofView(
                reference=proof.reference,
                lot=proof.lot,
                registry_reference=proof.registry_reference,
                cancelled_on=proof.cancelled_on,
                first=proof.first,
                last=proof.last,
            )
            for proof in proofs.values()
        ),
    )
