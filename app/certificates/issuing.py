"""Freezing the records of settled retirements and numbering them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal
from uuid import UUID

import msgspec

from app import cancellations, credits, footprint, identity, outbox, retirements, scenarios
from app.cancellations import LotRange
from app.certificates.events import CertificateIssued
from app.certificates.rules import (
    Cut,
    Facts,
    Issuer,
    Parties,
    Superseded,
    compose,
    issue_day,
    public_number,
    read_record,
    verify_code,
)
from app.claims import Stage
from app.footprint import Calculation
from app.gateways.database import Tx, fetch, fetch_value
from app.identity import PartyKind
from app.kernel.clock import beijing_day
from app.kernel.ids import uuid7
from app.kernel.text import Text

_STATED: Final = Text(zh="申报的排放量", en="Emission as stated by the claimant")
"""The basis where no calculation of ours stands behind the figure."""


async def issue(retirement_ids: Sequence[UUID], *, issuer: Issuer, tx: Tx) -> list[UUID]:
    """Issue one certificate for each of these settled retirements, set-based; answers the ids newly issued.

    Repeated: a retirement that has its certificate is passed over. Register numbers are taken from the
    series' counter in this transaction, so a rollback leaves no gap. Times come from the database's clock.
    """
    settled = await retirements.find_settled(retirement_ids, tx=tx)
    return await _write(settled, {}, "issue", issuer=issuer, tx=tx)


async def supersede(retirement_ids: Sequence[UUID], *, issuer: Issuer, tx: Tx) -> list[UUID]:
    """Issue the next version for each of these whose actual figure is known and covered; answers the new ids.

    The earlier version stays as it is and is told to be superseded. Repeated: a version that says that figure
    already is passed over.
    """
    actual = await retirements.find_actual(list(retirement_ids), tx=tx)
    rows = await fetch(
        "SELECT DISTINCT ON (retirement_id) retirement_id, number, version, record FROM certificate"
        " WHERE retirement_id = ANY($1::uuid[]) ORDER BY retirement_id, version DESC",
        list(actual), tx=tx,
    )  # fmt: skip
    latest = {
        row["retirement_id"]: Superseded(row["number"], row["version"])
        for row in rows
        if row["version"] == 1 or read_record(row["record"])["emission_g"] != actual[row["retirement_id"]].actual_g
    }
    settled = await retirements.find_settled(list(latest), tx=tx)
    known = [
        replace(
            one,
            claim=replace(one.claim, emission_g=actual[one.id].actual_g),
            besides_g=actual[one.id].besides_g,
        )
        for one in settled
    ]
    return await _write(known, latest, "supersede", issuer=issuer, tx=tx)


async def _write(
    settled: Sequence[retirements.SettledRetirement],
    latest: Mapping[UUID, Superseded],
    verb: Literal["issue", "supersede"],
    *,
    issuer: Issuer,
    tx: Tx,
) -> list[UUID]:
    if not settled:
        return []
    issued_at = await fetch_value("SELECT clock_timestamp()", tx=tx)
    lots = await credits.describe_lots([cut.lot_id for one in settled for cut in one.slices], tx=tx)
    scenes = await scenarios.find_many([one.claim.scenario_id for one in settled], today=beijing_day(issued_at), tx=tx)
    kept = await footprint.find_many([one.claim.footprint_id for one in settled if one.claim.footprint_id], tx=tx)
    cards = await identity.introduce(
        [id_ for one in settled for id_ in (one.payer_id, one.holder_id, one.claim.beneficiary_id)], tx=tx
    )
    stated = [one for one in settled if one.claim.beneficiary_kind is PartyKind.ORGANISATION]
    judged = await retirements.find_verdicts([one.id for one in stated], tx=tx)
    agreed = await retirements.find_naming([one.number for one in stated], tx=tx) if stated else {}
    gone = await cancellations.cancelled_whole([_range(cut) for one in settled for cut in one.slices], tx=tx)
    rows: dict[str, list[dict[str, object]]] = {}
    languages = {}
    for one in settled:
        claim = one.claim
        scene, calculation = scenes[claim.scenario_id], _calculation(kept, claim.footprint_id)
        number, code, id_ = public_number(issue_day(issued_at)), verify_code(), uuid7()
        languages[id_] = claim.language
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
            supersedes=latest.get(one.id),
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
        )
        rows.setdefault(parties.series, []).append(
            {
                "id": id_,
                "retirement_id": one.id,
                "version": 1 + latest[one.id].version if one.id in latest else 1,
                "claim_id": claim.id,
                "holder_id": claim.beneficiary_id,
                "scenario_id": claim.scenario_id,
                "number": number,
                "verify_code": code,
                "record": compose(facts, number=number, code=code, issuer=issuer, issued_at=issued_at),
                "name_sealed": claim.name_sealed.hex() if claim.name_sealed else None,
                "language": claim.language,
                "issued_at": issued_at,
            }
        )
    ids: list[UUID] = []
    for series in sorted(rows):  # one lock order for all issuers
        issued = await fetch(
            f"SELECT id FROM certificates.{verb}($1, $2)", series, msgspec.json.encode(rows[series]).decode(), tx=tx
        )
        ids += [row["id"] for row in issued]
    await outbox.record(*(CertificateIssued(certificate_id=id_, language=languages[id_]) for id_ in ids), tx=tx)
    return ids


def _at_settling(verdicts: Sequence[retirements.Verdict]) -> retirements.Verdict | None:
    """The one that a record names: the latest at settling. Whether there is a second one already is chance."""
    return next((one for one in reversed(verdicts) if one.stage is Stage.SETTLED), None)


def _range(cut: retirements.Slice) -> LotRange:
    return LotRange(cut.lot_id, cut.start_g, cut.stop_g)


def _calculation(kept: dict[UUID, footprint.KeptCalculation], footprint_id: UUID | None) -> Calculation | None:
    return kept[footprint_id].calculation if footprint_id else None
