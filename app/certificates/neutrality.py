"""The neutrality paper (碳中和证书、证明书): what a settled retirement is certified with, for a person or an organisation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from app import footprint, scenarios
from app.certificates.papers import Freezing, Frozen, PaperKind
from app.certificates.rendering import TEMPLATE, sheet
from app.certificates.rules import HONORARY, STATEMENT, Cut, Facts, Parties, Superseded, contents
from app.certificates.zone_rules import zone_edition
from app.footprint import Calculation
from app.foundation import identity
from app.foundation.identity import PartyKind
from app.kernel.clock import beijing_day
from app.kernel.text import Language, Text
from app.registry import cancellations, claims, credits, retirements
from app.registry.cancellations import LotRange
from app.registry.claims import Stage

_STATED: Final = Text(zh="申报的排放量", en="Emission as stated by the claimant")
"""The basis where no calculation of ours stands behind the figure."""


def cause_of(retirement_id: UUID) -> str:
    """What a retirement's paper is of."""
    return f"retirement:{retirement_id}"


async def _freeze(asked: Freezing) -> Sequence[Frozen]:
    """Of settled retirements; of those to be superseded, where the actual figure is known and covered and not told yet."""
    ids = [UUID(cause.removeprefix("retirement:")) for cause in asked.causes]
    if not asked.earlier:
        return await _of(await _named(ids, asked), asked)
    actual = await retirements.find_actual(ids, tx=asked.tx)
    due = [
        id_
        for id_, figure in actual.items()
        if (last := asked.earlier[cause_of(id_)]).version == 1 or last.record["emission_g"] != figure.actual_g
    ]
    settled = await retirements.find_settled(due, tx=asked.tx)
    known = [
        replace(
            one,
            claim=replace(one.claim, emission_g=actual[one.id].actual_g),
            besides_g=actual[one.id].besides_g,
        )
        for one in settled
    ]
    return await _of(known, asked)


async def _named(ids: Sequence[UUID], asked: Freezing) -> list[retirements.SettledRetirement]:
    """Those that are settled and wait for no name: whoever gives one, or ends the waiting, has them issued then."""
    settled = await retirements.find_settled(ids, tx=asked.tx)
    asked_for = {one.claim.id for one in settled if one.claim.name_until is not None}
    if not asked_for:
        return settled
    awaited = await claims.awaiting_name(asked_for, tx=asked.tx)
    if awaited != asked_for:  # one was given while we looked: read what it is
        settled = await retirements.find_settled(ids, tx=asked.tx)
    return [one for one in settled if one.claim.id not in awaited]


async def _of(settled: Sequence[retirements.SettledRetirement], asked: Freezing) -> list[Frozen]:
    if not settled:
        return []
    lots = await credits.describe_lots([cut.lot_id for one in settled for cut in one.slices], tx=asked.tx)
    scenes = await scenarios.find_many(
        [one.claim.scenario_id for one in settled], today=beijing_day(asked.issued_at), tx=asked.tx
    )
    kept = await footprint.find_many([one.claim.footprint_id for one in settled if one.claim.footprint_id], tx=asked.tx)
    cards = await identity.introduce(
        [id_ for one in settled for id_ in (one.payer_id, one.holder_id, one.claim.beneficiary_id)], tx=asked.tx
    )
    stated = [one for one in settled if one.claim.beneficiary_kind is PartyKind.ORGANISATION]
    judged = await retirements.find_verdicts([one.id for one in stated], tx=asked.tx)
    agreed = await retirements.find_naming([one.number for one in stated], tx=asked.tx) if stated else {}
    gone = await cancellations.cancelled_whole([_range(cut) for one in settled for cut in one.slices], tx=asked.tx)
    frozen = []
    for one in settled:
        claim, last = one.claim, asked.earlier.get(cause_of(one.id))
        scene, calculation = scenes[claim.scenario_id], _calculation(kept, claim.footprint_id)
        parties = Parties(
            cards[one.payer_id],
            cards[one.holder_id],
            cards[claim.beneficiary_id],
            one.mandate,
            agreed.get(one.number),
        )
        facts = Facts(
            retirement_number=one.number,
            claim=claim,
            funding=one.funding,
            subject=scene.title,
            organiser=scene.organiser,
            scenario_code=scene.code,
            mass_g=one.mass_g,
            basis=footprint.summary(calculation) if calculation else _STATED,
            calculator=f"{calculation.calculator}@{calculation.calculator_version}" if calculation else "",
            factor_set=calculation.factor_set_version if calculation else "",
            parties=parties,
            supersedes=Superseded(last.number, last.version) if last else None,
            besides_g=one.besides_g,
            verdict=_at_settling(judged.get(one.id, ())),
            cuts=[
                Cut(
                    lot=lots[cut.lot_id],
                    start_g=cut.start_g,
                    stop_g=cut.stop_g,
                    is_cancelled_upstream=_range(cut) in gone,
                )
                for cut in one.slices
            ],
            retired_at=one.settled_at,
            # A later version of a paper keeps the look of the first.
            zone=last.record.get("zone") if last else zone_edition(scene.zone),
        )
        frozen.append(
            Frozen(
                cause=cause_of(one.id),
                series=parties.series,
                holder_id=claim.beneficiary_id,
                record=contents(facts),
                language=Language(claim.language),
                name_sealed=claim.name_sealed,
                retirement_id=one.id,
                claim_id=claim.id,
                scenario_id=claim.scenario_id,
            )
        )
    return frozen


def _at_settling(verdicts: Sequence[retirements.Verdict]) -> retirements.Verdict | None:
    """The one that a record names: the latest at settling. Whether there is a second one already is chance."""
    return next((one for one in reversed(verdicts) if one.stage is Stage.SETTLED), None)


def _range(cut: retirements.Slice) -> LotRange:
    return LotRange(cut.lot_id, cut.start_g, cut.stop_g)


def _calculation(kept: dict[UUID, footprint.KeptCalculation], footprint_id: UUID | None) -> Calculation | None:
    return kept[footprint_id].calculation if footprint_id else None


NEUTRALITY: Final = PaperKind(
    code="neutrality",
    letters="SC",
    series=frozenset({HONORARY, STATEMENT}),
    languages=frozenset(Language),
    has_poster=True,
    freeze=_freeze,
    template=TEMPLATE,
    sheet=sheet,
)
