"""Reading certificates, for their holders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.certificates.errors import CertificateUnknown
from app.certificates.neutrality import NEUTRALITY
from app.certificates.rules import read_record
from app.gateways.database import Row, Tx, fetch, fetch_one


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """A certificate as its holder sees it."""

    id: UUID
    paper: str
    """The code of its kind."""
    cause: str
    version: int
    retirement_id: UUID | None
    """None where it is not of one."""
    holder_id: UUID
    """The party it is for: a person or an organisation; of a retirement, who may claim it."""
    number: str
    verify_code: str
    record: dict[str, Any]
    record_sha256: bytes
    name_sealed: bytes | None
    language: str
    superseded_by: str | None
    """Number of the latest version, where this is an earlier one."""
    issued_at: datetime
    files: frozenset[tuple[str, str]]
    """(language, kind) of the files drawn so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacts:
    """Which paper it is, and nothing of what stands on it."""

    id: UUID
    number: str
    verify_code: str


_NEUTRALITY = NEUTRALITY.code
MAY_SEE = (
    "(identity.acts_for($2, c.holder_id) OR (EXISTS (SELECT FROM party p WHERE p.id = c.holder_id"
    " AND p.kind = 'organisation') AND EXISTS (SELECT FROM retirement r WHERE r.id = c.retirement_id"
    " AND identity.acts_for($2, r.payer_id))))"
)
"""Of a certificate `c`: its person, or, where an organisation holds it, who acts for that or for the one that paid."""

NEWEST = (
    "(SELECT n.number FROM certificate n WHERE n.cause = c.cause AND n.paper_id = c.paper_id"
    " ORDER BY n.version DESC LIMIT 1)"
)
"""Of a certificate `c`: the number of its newest version."""
_COLUMNS = (
    "c.id, c.paper_id AS paper, c.cause, c.version, c.retirement_id, c.holder_id, c.number, c.verify_code, c.record,"
    " c.record_sha256, c.name_sealed, c.language,"
    f" c.issued_at, nullif({NEWEST}, c.number) AS superseded_by,"
    " (SELECT array_agg(f.language || ' ' || f.kind) FROM certificate_file f WHERE f.certificate_id = c.id) AS files"
    " FROM certificate c"
)


async def find(certificate_id: UUID, *, by: UUID, paper: str = _NEUTRALITY) -> CertificateFacts:
    """The certificate, of this kind of paper, if this person holds it or acts for who holds it or paid for it.

    Raises:
        CertificateUnknown: no such certificate, or somebody else's.
    """
    row = await fetch_one(
        f"SELECT {_COLUMNS} WHERE c.id = $1 AND c.paper_id = $3 AND {MAY_SEE}", certificate_id, by, paper
    )
    if row is None:
        raise CertificateUnknown
    return _facts(row)


async def find_many(certificate_ids: Sequence[UUID], *, tx: Tx | None = None) -> list[CertificateFacts]:
    """These certificates of any paper, for whoever follows their issue; unknown ones are absent."""
    rows = await fetch(f"SELECT {_COLUMNS} WHERE c.id = ANY($1::uuid[])", list(certificate_ids), tx=tx)
    return [_facts(row) for row in rows]


async def holders_of(certificate_ids: Sequence[UUID], *, tx: Tx | None = None) -> dict[UUID, UUID]:
    """Whose these certificates are; unknown ones are absent."""
    rows = await fetch("SELECT id, holder_id FROM certificate WHERE id = ANY($1::uuid[])", list(certificate_ids), tx=tx)
    return {row["id"]: row["holder_id"] for row in rows}


async def of_cause(cause: str) -> UUID | None:
    """The certificate of the retirement that this cause led to; None while there is none."""
    return (await of_causes([cause])).get(cause)


async def of_causes(causes: Sequence[str]) -> dict[str, UUID]:
    """The certificates of the retirements that these causes led to, by cause; absent while there is none."""
    rows = await fetch(
        "SELECT DISTINCT ON (r.cause) r.cause, c.id FROM certificate c JOIN retirement r ON r.id = c.retirement_id"
        " WHERE r.cause = ANY($1::text[]) AND c.paper_id = $2 ORDER BY r.cause, c.version DESC",
        list(causes),
        _NEUTRALITY,
    )
    return {row["cause"]: row["id"] for row in rows}


async def newest_of(paper: str, causes: Sequence[str]) -> dict[str, PaperFacts]:
    """The newest paper of this kind, by cause, whoever holds it; absent while there is none."""
    rows = await fetch(
        "SELECT DISTINCT ON (cause) cause, id, number, verify_code FROM certificate"
        " WHERE paper_id = $1 AND cause = ANY($2::text[]) ORDER BY cause, version DESC",
        paper, list(causes),
    )  # fmt: skip
    return {row.pop("cause"): PaperFacts(**row) for row in rows}


async def count_of(scenario_id: UUID) -> tuple[int, int]:
    """How many papers say that something was retired in a scene, each once whatever its versions; and those with a name."""
    row = await fetch_one(
        "SELECT count(*) AS papers, count(k.name_sealed) AS named FROM claim c JOIN retirement r ON r.claim_id = c.id"
        " JOIN certificate k ON k.retirement_id = r.id AND k.version = 1 AND k.paper_id = $2 WHERE c.scenario_id = $1",
        scenario_id, _NEUTRALITY,
    )  # fmt: skip
    assert row is not None
    return row["papers"], row["named"]


async def recall(causes: Sequence[str]) -> dict[str, CertificateFacts]:
    """The newest certificate of each of these causes, by cause, whoever holds it; absent while there is none.

    For whoever may see all of an order: the door asks that.
    """
    found = await of_causes(causes)
    rows = await fetch(f"SELECT {_COLUMNS} WHERE c.id = ANY($1::uuid[])", list(found.values()))
    facts = {one.id: one for one in map(_facts, rows)}
    return {cause: facts[certificate_id] for cause, certificate_id in found.items()}


async def list_of(person_id: UUID, *, limit: int, after: UUID | None = None) -> list[CertificateFacts]:
    """Certificates of a person and of their organisations, the latest first, from after (older than) `after` on."""
    rows = await fetch(
        f"SELECT {_COLUMNS} WHERE c.holder_id IN (SELECT identity.parties_of($1))"
        " AND c.paper_id = $4 AND ($2::uuid IS NULL OR c.id < $2) ORDER BY c.id DESC LIMIT $3",
        person_id, after, limit, _NEUTRALITY,
    )  # fmt: skip
    return [_facts(row) for row in rows]


async def total_of(person_id: UUID) -> tuple[int, int]:
    """How many retirements a person and their organisations hold certificates of, and their grams together."""
    row = await fetch_one(
        "SELECT count(*) AS held, coalesce(sum(r.mass_g), 0)::bigint AS mass_g FROM retirement r WHERE r.id IN"
        " (SELECT c.retirement_id FROM certificate c WHERE c.holder_id IN (SELECT identity.parties_of($1)))",
        person_id,
    )
    assert row is not None, "an aggregate always has a row"
    return row["held"], row["mass_g"]


def _facts(row: Row) -> CertificateFacts:
    files = frozenset((language, kind) for language, _, kind in (name.partition(" ") for name in row["files"] or ()))
    return CertificateFacts(**{**row, "record": read_record(row["record"]), "files": files})
