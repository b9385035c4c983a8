"""What rule profiles say of the claims that organisations make, on the day their grams are gone; each claim chooses one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import structlog

from app import claims, credits, outbox
from app.claims import Claim, CreditLine, EarlierClaim, EntityKind, Profile, ProfileSet, Stage
from app.gateways.database import Row, Tx, fetch
from app.kernel.clock import beijing_day
from app.kernel.days import Period
from app.retirements.events import ClaimJudged
from app.retirements.rules import Purpose
from app.retirements.verdicts import Verdict, keep_verdicts

CLAIMING: Final = {
    Purpose.ORGANISATION: EntityKind.ORGANISATION,
    Purpose.EVENT: EntityKind.EVENT,
    Purpose.PRODUCT: EntityKind.PRODUCT,
    Purpose.SITE: EntityKind.SITE,
    Purpose.MEETING: EntityKind.MEETING,
}
"""The purposes by which something is said to be neutral; a donation, a gift or restoration says nothing of the kind."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One claim before one profile."""

    row: Row
    """Its retirement: id, purpose, subject, period_from, period_to."""
    emission_g: int
    """0: not known."""
    besides_g: int = 0
    """Retired for the same claim besides."""
    retired_on: date
    """The Beijing day to judge by, which the stage names."""
    judged_on: date
    stage: Stage = Stage.SETTLED
    profile: Profile


async def judge(retirement_ids: Sequence[UUID], *, profiles: ProfileSet, tx: Tx) -> None:
    """Judge what organisations claim with these settled retirements, each by the profile that its claim asks for, and
    keep the verdicts; a handful of statements for any number.

    A person's certificate is an honour and claims no neutrality: nobody is judged for coming by metro. What our
    books do not know, such as a plan to reduce first, is left unknown. A profile that is not in use here any more
    judges nothing, and no other takes its place.
    """
    rows = await fetch(
        "SELECT r.id, r.purpose, r.subject, r.period_from, r.period_to, r.emission_g, r.profile,"
        " r.settled_at FROM retirement r JOIN party p ON p.id = r.beneficiary_id AND p.kind = 'organisation'"
        " WHERE r.id = ANY($1::uuid[]) AND r.state = 'settled' AND r.purpose = ANY($2::text[]) ORDER BY r.id",
        list(retirement_ids), [purpose.value for purpose in CLAIMING], tx=tx,
    )  # fmt: skip
    hearings = []
    for row in rows:
        if (profile := find_profile(profiles, row["profile"])) is not None:
            retired_on = beijing_day(row["settled_at"])
            hearings.append(
                Hearing(
                    row=row,
                    emission_g=row["emission_g"],
                    retired_on=retired_on,
                    judged_on=retired_on,
                    profile=profile,
                )
            )
    judged = await hear(hearings, tx=tx)
    await outbox.record(*(ClaimJudged(retirement_id=id_) for id_ in judged), tx=tx)


async def judge_again(
    retirement_id: UUID, actual_g: int, *, besides_g: int, profile: Profile, today: date, tx: Tx
) -> None:
    """Judge a claim by what was really emitted, with what was retired for it besides; kept under `today`."""
    (row,) = await fetch(
        "SELECT id, purpose, subject, period_from, period_to, settled_at FROM retirement WHERE id = $1",
        retirement_id, tx=tx,
    )  # fmt: skip
    hearing = Hearing(
        row=row,
        emission_g=actual_g,
        besides_g=besides_g,
        retired_on=beijing_day(row["settled_at"]),
        judged_on=today,
        profile=profile,
    )
    await hear([hearing], tx=tx)


async def hear(hearings: Sequence[Hearing], *, tx: Tx) -> list[UUID]:
    """Judge these claims and keep the verdicts; answers the retirements of those that were not kept before."""
    if not hearings:
        return []
    ids = [one.row["id"] for one in hearings]
    lines, earlier = await _lines(ids, tx=tx), await _earlier(ids, tx=tx)
    judged = []
    for one in hearings:
        row, id_ = one.row, one.row["id"]
        claim = Claim(
            entity=CLAIMING[Purpose(row["purpose"])],
            subject=row["subject"] or "",
            period=Period(row["period_from"], row["period_to"]),
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


async def _earlier(retirement_ids: Sequence[UUID], *, tx: Tx) -> dict[UUID, list[EarlierClaim]]:
    """Other retirements for the same beneficiary and subject that were settled before."""
    # An equality that can be hashed: ten thousand claims of one scene would else each look at all of the others.
    found = await fetch(
        "SELECT r.id, o.number, o.period_from, o.period_to FROM retirement r JOIN retirement o"
        " ON o.scenario_id = r.scenario_id AND o.beneficiary_id = r.beneficiary_id AND o.purpose = r.purpose"
        " AND coalesce(o.subject, '') = coalesce(r.subject, '') AND o.state = 'settled'"
        " AND (o.settled_at, o.id) < (r.settled_at, r.id) WHERE r.id = ANY($1::uuid[]) ORDER BY o.settled_at, o.id",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    earlier: dict[UUID, list[EarlierClaim]] = defaultdict(list)
    for row in found:
        period = Period(row["period_from"], row["period_to"])
        earlier[row["id"]].append(EarlierClaim(reference=row["number"], period=period))
    return earlier
