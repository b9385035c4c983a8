"""What a rule profile says of the claims that organisations make, on the day their grams are gone."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from app import claims, credits
from app.claims import Claim, CreditLine, EarlierClaim, EntityKind, Profile
from app.gateways.database import Row, Tx, fetch
from app.kernel.clock import beijing_day
from app.kernel.days import Period
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


async def judge(retirement_ids: Sequence[UUID], *, profile: Profile, tx: Tx) -> None:
    """Judge what organisations claim with these settled retirements, and keep the verdicts; three statements at most.

    A person's certificate is an honour and claims no neutrality: nobody is judged for coming by metro. What our
    books do not know, such as a plan to reduce first, is left unknown.
    """
    rows = await fetch(
        "SELECT r.id, r.purpose, r.subject, r.period_from, r.period_to, r.emission_g,"
        " r.settled_at FROM retirement r JOIN party p ON p.id = r.beneficiary_id AND p.kind = 'organisation'"
        " WHERE r.id = ANY($1::uuid[]) AND r.state = 'settled' AND r.purpose = ANY($2::text[]) ORDER BY r.id",
        list(retirement_ids), [purpose.value for purpose in CLAIMING], tx=tx,
    )  # fmt: skip
    if rows:
        await _judge(rows, besides_g=0, profile=profile, tx=tx)


async def judge_again(
    retirement_id: UUID, actual_g: int, *, besides_g: int, profile: Profile, today: date, tx: Tx
) -> None:
    """Judge a claim by what was really emitted, with what was retired for it besides; kept under `today`."""
    rows = await fetch(
        "SELECT id, purpose, subject, period_from, period_to, settled_at FROM retirement WHERE id = $1",
        retirement_id, tx=tx,
    )  # fmt: skip
    known = [{**row, "emission_g": actual_g} for row in rows]
    await _judge(known, besides_g=besides_g, profile=profile, tx=tx, today=today)


async def _judge(rows: Sequence[Row], *, besides_g: int, profile: Profile, tx: Tx, today: date | None = None) -> None:
    lines, earlier = await _lines(rows, tx=tx), await _earlier(rows, tx=tx)
    judged = []
    for row in rows:
        retired_on = beijing_day(row["settled_at"])
        claim = Claim(
            entity=CLAIMING[Purpose(row["purpose"])],
            subject=row["subject"] or "",
            period=Period(row["period_from"], row["period_to"]),
            emission_g=row["emission_g"] or None,
            retired_g=besides_g,
            earlier=tuple(earlier[row["id"]]),
        )
        found = claims.judge(claim, lines[row["id"]], profile, retired_on=retired_on)
        judged.append(
            Verdict(
                retirement_id=row["id"],
                profile=found.profile,
                version=found.version,
                judged_on=today or retired_on,
                document=claims.to_document(found),
            )
        )
    await keep_verdicts(judged, tx=tx)


async def _lines(rows: Sequence[Row], *, tx: Tx) -> dict[UUID, list[CreditLine]]:
    """What is known of the credits: what is not, such as whether they are real, stays unknown."""
    cuts = await fetch(
        "SELECT retirement_id, lot_id, mass_g FROM retirement_slice WHERE retirement_id = ANY($1::uuid[])"
        " ORDER BY lot_id, start_g",
        [row["id"] for row in rows], tx=tx,
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


async def _earlier(rows: Sequence[Row], *, tx: Tx) -> dict[UUID, list[EarlierClaim]]:
    """Other retirements for the same beneficiary and subject that were settled before."""
    found = await fetch(
        "SELECT r.id, o.number, o.period_from, o.period_to FROM retirement r JOIN retirement o"
        " ON o.scenario_id = r.scenario_id AND o.beneficiary_id = r.beneficiary_id AND o.purpose = r.purpose"
        " AND o.subject IS NOT DISTINCT FROM r.subject AND o.state = 'settled'"
        " AND (o.settled_at, o.id) < (r.settled_at, r.id) WHERE r.id = ANY($1::uuid[]) ORDER BY o.settled_at, o.id",
        [row["id"] for row in rows], tx=tx,
    )  # fmt: skip
    earlier: dict[UUID, list[EarlierClaim]] = defaultdict(list)
    for row in found:
        period = Period(row["period_from"], row["period_to"])
        earlier[row["id"]].append(EarlierClaim(reference=row["number"], period=period))
    return earlier
