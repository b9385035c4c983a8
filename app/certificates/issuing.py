"""Freezing papers and numbering them: of any kind, for causes that its owner knows how to read."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from app.certificates.events import CertificateIssued
from app.certificates.numbering_rules import canonical, common, issue_day, public_number, verify_code
from app.certificates.papers import COMMON, Earlier, Freezing, Frozen, PaperKind
from app.certificates.rules import Issuer, read_record
from app.foundation import outbox
from app.gateways.database import Tx, fetch, fetch_value
from app.kernel.ids import uuid7


async def issue(kind: PaperKind, causes: Sequence[str], *, issuer: Issuer, tx: Tx) -> list[UUID]:
    """Issue one paper of this kind for each of these causes, set-based; answers the ids newly issued.

    Repeated: a cause that has its paper is passed over. Register numbers are taken from the series' counter in this
    transaction, so a rollback leaves no gap. Times come from the database's clock.
    """
    return await _write(kind, causes, {}, issuer=issuer, tx=tx)


async def supersede(kind: PaperKind, causes: Sequence[str], *, issuer: Issuer, tx: Tx) -> list[UUID]:
    """Issue the next version for each of these that has a paper and something new to say; answers the new ids.

    The earlier version stays as it is and is told to be superseded. Repeated: what the newest says already is passed
    over.
    """
    rows = await fetch(
        "SELECT DISTINCT ON (c.cause) c.cause, c.number, c.version, c.record FROM certificate c"
        " WHERE c.cause = ANY($1::text[]) AND c.paper_id = $2 ORDER BY c.cause, c.version DESC",
        list(causes), kind.code, tx=tx,
    )  # fmt: skip
    earlier = {row["cause"]: Earlier(row["number"], row["version"], read_record(row["record"])) for row in rows}
    return await _write(kind, list(earlier), earlier, issuer=issuer, tx=tx) if earlier else []


async def _write(
    kind: PaperKind, causes: Sequence[str], earlier: Mapping[str, Earlier], *, issuer: Issuer, tx: Tx
) -> list[UUID]:
    if not causes:
        return []
    issued_at = await fetch_value("SELECT clock_timestamp()", tx=tx)
    rows: dict[str, list[dict[str, object]]] = {}
    languages = {}
    for one in await kind.freeze(Freezing(causes=causes, earlier=earlier, issued_at=issued_at, tx=tx)):
        _demand_fit(one, kind)
        number, code, id_ = public_number(issue_day(issued_at), kind.letters), verify_code(), uuid7()
        languages[id_] = one.language.value
        last = earlier.get(one.cause)
        told = common(
            number=number, code=code, issuer=issuer, issued_at=issued_at, supersedes=last.number if last else None,
            edition=1 + (last.version if last else 0),
        )  # fmt: skip
        rows.setdefault(one.series, []).append(
            {
                "id": id_,
                "cause": one.cause,
                "retirement_id": one.retirement_id,
                "claim_id": one.claim_id,
                "version": told["edition"],
                "holder_id": one.holder_id,
                "scenario_id": one.scenario_id,
                "number": number,
                "verify_code": code,
                "record": canonical({**one.record, **told}),
                "name_sealed": one.name_sealed.hex() if one.name_sealed else None,
                "language": one.language.value,
                "issued_at": issued_at,
            }
        )
    ids: list[UUID] = []
    for series in sorted(rows):  # one lock order for all issuers
        issued = await fetch(
            "SELECT id FROM certificates.issue($1, $2, $3)",
            kind.code, series, msgspec.json.encode(rows[series]).decode(), tx=tx,
        )  # fmt: skip
        ids += [row["id"] for row in issued]
    await outbox.record(
        *(CertificateIssued(certificate_id=id_, paper=kind.code, language=languages[id_]) for id_ in ids), tx=tx
    )
    return ids


def _demand_fit(one: Frozen, kind: PaperKind) -> None:
    """Faults of the kind's owner, before they are frozen for ever."""
    assert one.series in kind.series, f"{kind.code} has no register {one.series}"
    assert one.language in kind.languages, f"{kind.code} is not drawn in {one.language}"
    assert not one.record.keys() & COMMON, f"{kind.code} says itself what every record tells"
    assert one.record["title"].keys() >= {"zh", "en"}, f"{kind.code} has no title"
