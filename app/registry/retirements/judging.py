"""What rule profiles say of the claims that organisations make, on the day their grams are gone; each claim chooses one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import structlog

from app.foundation import outbox
from app.gateways.database import Tx, fetch, fetch_as
from app.kernel.clock import beijing_day
from app.kernel.days import Period
from app.registry import claims, credits
from app.registry.claims import (
    CLAIMING,
    Claim,
    ClaimFacts,
    CreditLine,
    EarlierClaim,
    Profile,
    ProfileSet,
    Stage,
)
from app.registry.retirements.events import ClaimJudged
from app.registry.retirements.verdicts import Verdict, keep_verdicts

_log = structlog.get_logger()

IS_CLAIM: Final = (
    "c.beneficiary_kind = 'organisation' AND r.funding NOT IN ('gift', 'donation')"
    f" AND c.purpose IN {tuple(purpose.value for purpose in CLAIMING)}"
)
"""Of a retirement `r` and its claim `c`: whether an organisation says by it that something is neutral."""
IS_JUDGED: Final = f"r.state = 'settled' AND {IS_CLAIM}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimToJudge:
    """The claim of one settled retirement before one profile."""

    retirement_id: UUID
    claim: ClaimFacts
    emission_g: int
    """0: not known."""
    besides_g: int
    """Retired for the same claim besides."""
    retired_on: date
    """The Beijing day to judge by, which the stage names."""
    judged_on: date
    stage: Stage = Stage.SETTLED
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A settled retirement of a claim that is judged."""

    id: UUID
    claim_id: UUID
    besides_g: int
    settled_at: datetime


async def judge(retirement_ids: Sequence[UUID], *, profiles: ProfileSet, tx: Tx) -> None:
    """Judge what organisations claim with these settled retirements, each by the profile that its claim asks for, and
    keep the verdicts; a handful of statements for any number.

    A person's certificate is an honour and claims no neutrality: nobody is judged for coming by metro. Nothing is claimed
    with what was given. What our books do not know, such as a plan to reduce first, is left unknown. A profile that is
    not in use here any more judges nothing, and no other takes its place.
    """
    rows = await fetch_as(
        Settled,
        "SELECT r.id, r.claim_id, retirements.settled_for(coalesce(c.supplements_id, c.id), r.id, r.settled_at) AS besides_g,"
        " r.settled_at FROM retirement r JOIN claim c ON c.id = r.claim_id WHERE r.id = ANY($1::uuid[])"
        f" AND {IS_JUDGED} ORDER BY r.id",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    known = await claims.find_many({row.claim_id for row in rows}, tx=tx)
    to_judge = []
    for row in rows:
        claim = known[row.claim_id]
        if (profile := find_profile(profiles, claim.profile)) is not None:
            retired_on = beijing_day(row.settled_at)
            to_judge.append(
                ClaimToJudge(
                    retirement_id=row.id,
                    claim=claim,
                    emission_g=claim.emission_g,
                    besides_g=row.besides_g,
                    retired_on=retired_on,
                    judged_on=retired_on,
                    profile=profile,
                )
            )
    judged = await judge_claims(to_judge, tx=tx)
    await outbox.record(*(ClaimJudged(retirement_id=id_) for id_ in judged), tx=tx)


async def judge_claims(to_judge: Sequence[ClaimToJudge], *, tx: Tx) -> list[UUID]:
    """Judge these claims and keep the verdicts; answers the retirements of those that were not kept before."""
    if not to_judge:
        return []
    ids = [one.retirement_id for one in to_judge]
    lines, earlier = await _lines(ids, tx=tx), await _earlier(ids, tx=tx)
    judged = []
    for one in to_judge:
        asked, id_ = one.claim, one.retirement_id
        claim = Claim(
            entity=CLAIMING[asked.purpose],
            subject=asked.subject or "",
            period=asked.period,
            emission_g=one.emission_g or None,
            retired_g=one.besides_g,
            earlier=tuple(earlier[id_]),
        )
        found = claims.judge(claim, lines[id_], one.profile, retired_on=one.retired_on, stage=one.stage)
        judged.append(
            Verdict(
                retirement_id=id_,
                profile=found.profile,
                version=found.version,
                stage=one.stage,
                judged_on=one.judged_on,
                document=claims.to_document(found),
            )
        )
    return await keep_verdicts(judged, tx=tx)


def find_profile(profiles: ProfileSet, name: str | None) -> Profile | None:
    """The profile of a claim; None, with a line in the log, where it is not in use here any more."""
    profile = profiles.of(name)
    if profile is None:
        _log.warning("claim.profile_gone", name=name)
    return profile


async def _lines(retirement_ids: Sequence[UUID], *, tx: Tx) -> dict[UUID, list[CreditLine]]:
    """What is known of the credits: what is not, such as whether they are real, stays unknown."""
    cuts = await fetch(
        "SELECT retirement_id, lot_id, mass_g FROM retirement_slice WHERE retirement_id = ANY($1::uuid[])"
        " ORDER BY lot_id, start_g",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    lots = await credits.describe_lots([cut["lot_id"] for cut in cuts], tx=tx)
    lines: dict[UUID, list[CreditLine]] = defaultdict(list)
    for cut in cuts:
        lot = lots[cut["lot_id"]]
        lines[cut["retirement_id"]].append(
            CreditLine(
                credit=lot.code,
                mass_g=cut["mass_g"],
                programme=lot.programme.value,
                vintage_start=lot.vintage_start,
                vintage_end=lot.vintage_end,
                issued_on=lot.issued_on,
                unit_kind=claims.UnitKind(lot.unit_kind.value),
                is_real=lot.is_real,
                is_additional=lot.is_additional,
                is_permanent=lot.is_permanent,
                methodology=lot.methodology,
                suspended_from=lot.suspended_from,
                country=lot.country,
            )
        )
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    id: UUID
    number: str
    period_from: date
    period_to: date


async def _earlier(retirement_ids: Sequence[UUID], *, tx: Tx) -> dict[UUID, list[EarlierClaim]]:
    """Retirements settled before for other claims of the same beneficiary about the same subject, by retirement.

    What is of the same root is no earlier claim: it was retired for this one.
    """
    # An equality that can be hashed: ten thousand claims of one scene would else each look at all of the others.
    found = await fetch_as(
        _Earlier,
        "SELECT r.id, o.number, k.period_from, k.period_to FROM retirement r JOIN claim c ON c.id = r.claim_id JOIN claim k"
        " ON (k.scenario_id, k.beneficiary_id, k.purpose, k.layer) = (c.scenario_id, c.beneficiary_id, c.purpose, c.layer)"
        " AND coalesce(k.subject, '') = coalesce(c.subject, '') AND coalesce(k.group_code, '') = coalesce(c.group_code, '')"
        " AND coalesce(k.supplements_id, k.id) <> coalesce(c.supplements_id, c.id)"
        " JOIN retirement o ON o.claim_id = k.id AND o.state = 'settled' AND o.withdrawn_at IS NULL"
        " AND (o.settled_at, o.id) < (r.settled_at, r.id)"
        " WHERE r.id = ANY($1::uuid[]) ORDER BY o.settled_at, o.id",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    earlier: dict[UUID, list[EarlierClaim]] = defaultdict(list)
    for row in found:
        earlier[row.id].append(EarlierClaim(reference=row.number, period=Period(row.period_from, row.period_to)))
    return earlier
