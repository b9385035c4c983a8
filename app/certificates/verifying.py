"""What anybody may see behind a verification code: read in one query, or only confirmed to be as it was read before."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from app.certificates.errors import CertificateUnknown
from app.certificates.reading import NEWEST
from app.certificates.rules import VERIFY_CODE_LENGTH
from app.gateways.database import fetch_one
from app.kernel.ids import read_checked_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What anybody may see: the frozen record, its digest, and what is needed to show a masked name."""

    paper: str
    """The code of its kind."""
    record_json: str
    record_sha256: bytes
    holder_id: UUID
    name_sealed: bytes | None
    register_no: int
    series: str
    superseded_by: str | None
    """Number of the latest version, where this is an earlier one."""
    key_wrapped: bytes | None = field(compare=False, repr=False)
    """The holder's data key, for `identity.unseal_with`; None of an organisation, and once it is destroyed."""
    cancellations: tuple[dict[str, Any], ...] = field(compare=False)
    """Those of tonnes in which its grams lie, whatever their state, for `cancellations.covered`."""
    stamp: str = field(compare=False)
    """All that changes what is told of it; `confirm` tells it alone."""


# Of a certificate `c`: the cancellations of tonnes in which its grams lie, and what names its holder.
_MET: Final = (
    "FROM (SELECT DISTINCT u.id FROM retirement_slice s JOIN upstream_cancellation u ON u.lot_id = s.lot_id"
    " AND u.start_t * 1000000 < s.stop_g AND u.stop_t * 1000000 > s.start_g WHERE s.retirement_id = c.retirement_id) AS met"
    " JOIN upstream_cancellation u USING (id)"
)
_STAMP: Final = (
    f"ROW(k.person_id IS NOT NULL, {NEWEST}, (SELECT array_agg(ROW(u.id, u.state) ORDER BY u.id) {_MET}),"
    " (SELECT n.agrees FROM retirement_naming n WHERE n.retirement_id = c.retirement_id ORDER BY n.id DESC LIMIT 1),"
    " (SELECT ROW(o.is_verified, o.name_zh, o.name_en) FROM organisation o WHERE o.id = c.holder_id),"
    # Of an organisation's claim: its newest figure, all that is retired for it, and the day, on which it may lapse.
    " (SELECT ROW((SELECT max(f.id) FROM claim_figure f WHERE f.claim_id = coalesce(q.supplements_id, q.id)),"
    " retirements.settled_for(coalesce(q.supplements_id, q.id), c.retirement_id),"
    " (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date)"
    " FROM claim q WHERE q.id = c.claim_id AND q.beneficiary_kind = 'organisation'))::text AS stamp"
)
_WHERE: Final = "FROM certificate c LEFT JOIN keys.person_key k ON k.person_id = c.holder_id WHERE c.verify_code = $1"
_WHOLE: Final = (
    "SELECT c.paper_id AS paper, c.record AS record_json, c.record_sha256, c.holder_id, c.name_sealed, c.register_no,"
    f" c.series, nullif({NEWEST}, c.number) AS superseded_by, k.wrapped AS key_wrapped,"
    " (SELECT jsonb_agg(to_jsonb(told) ORDER BY told.id) FROM (SELECT u.id, l.code, l.block_start, u.reference, u.start_t,"
    f" u.stop_t, u.state, u.registry_reference, u.cancelled_on {_MET} JOIN credit_lot l ON l.id = u.lot_id) AS told)"
    f" AS cancellations, {_STAMP} {_WHERE}"
)


async def verify(typed_code: str) -> Verified:
    """The certificate behind a code as somebody typed or scanned it; one query.

    Raises:
        CertificateUnknown: no such code, whatever the reason.
    """
    row = await fetch_one(_WHOLE, code) if (code := read_code(typed_code)) else None
    if row is None:
        raise CertificateUnknown
    met = row.pop("cancellations")
    return Verified(**row, cancellations=tuple(msgspec.json.decode(met)) if met else ())


async def confirm(typed_code: str) -> str:
    """The stamp of the certificate behind a code, as it is now: equal to the one of `verify` while that still holds.

    One small query; it does not read the record.

    Raises:
        CertificateUnknown: no such code, whatever the reason.
    """
    row = await fetch_one(f"SELECT {_STAMP} {_WHERE}", code) if (code := read_code(typed_code)) else None
    if row is None:
        raise CertificateUnknown
    return str(row["stamp"])


def read_code(typed: str) -> str | None:
    """The code as it was issued, of one that somebody typed; None where it can be none."""
    return read_checked_code(typed, length=VERIFY_CODE_LENGTH)
