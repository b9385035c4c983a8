"""What people of finance see of statements, their rows and what does not fit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from app.commerce.statements.errors import FindingUnknown, StatementUnknown
from app.commerce.statements.rules import (
    Finding,
    FindingState,
    Nature,
    RowFacts,
    RowState,
    StatementFacts,
    StatementState,
)
from app.commerce.statements.sealing import WORDS, PayerWords, open_words, row_key
from app.foundation.identity import Keyring
from app.gateways.database import Row, fetch, fetch_one, fetch_value

_STATEMENTS: Final = (
    "SELECT s.id, s.account, s.state, s.file_name, encode(s.digest, 'hex') AS digest, s.credits, s.debits, s.amount_minor,"
    " s.first_day, s.last_day, s.notes::text AS notes, s.read_by_id AS read_by, s.read_at, s.taken_by_id AS taken_by,"
    " s.taken_at, coalesce(s.new, 0) AS new, count(r.id) FILTER (WHERE r.state = 'open') AS open,"
    " count(r.id) FILTER (WHERE r.state = 'proposed') AS proposed, count(r.id) FILTER (WHERE r.state = 'paid') AS paid,"
    " count(r.id) FILTER (WHERE r.state = 'closed') AS closed"
    " FROM bank_statement s LEFT JOIN bank_statement_row r ON r.statement_id = s.id"
)
_ROWS: Final = (
    "SELECT r.id, r.statement_id, r.number, r.is_numbered, r.day, r.amount_minor, r.payer_name,"
    " r.payer_end, r.remark, r.state, r.approval_id,"
    " x.id AS finding_id, x.nature FROM bank_statement_row r"
    " LEFT JOIN statement_finding x ON x.row_id = r.id AND x.state = 'open'"
)
_FINDINGS: Final = (
    "SELECT x.id, x.nature, x.state, x.number, coalesce(r.is_numbered, true) AS is_numbered, x.day, x.theirs_minor,"
    " x.ours_minor, coalesce(r.payer_name, '') AS payer_name, coalesce(r.payer_end, '') AS payer_end,"
    " coalesce(r.remark, '') AS remark,"
    " r.statement_id, x.row_id, x.payment_id, p.subject AS paid_for, p.reference, x.owner_id, x.found_at, x.closed_at,"
    " x.closed_by_id AS closed_by, x.reason, x.evidence"
    " FROM statement_finding x LEFT JOIN bank_statement_row r ON r.id = x.row_id LEFT JOIN payment p ON p.id = x.payment_id"
)
_WHERE: Final = (
    "($1::boolean IS NULL OR (x.state = 'open') = $1) AND ($2::uuid IS NULL OR x.owner_id = $2)"
    " AND (NOT $3::boolean OR x.owner_id IS NULL)"
)


async def list_statements(*, limit: int, offset: int = 0) -> list[StatementFacts]:
    """Statements that were taken in or only read, the latest first."""
    rows = await fetch(
        f"{_STATEMENTS} GROUP BY s.id ORDER BY s.read_at DESC, s.id DESC LIMIT $1 OFFSET $2", limit, offset
    )
    return [_facts(row, {}) for row in rows]


async def count_statements() -> int:
    """How many those are."""
    return int(await fetch_value("SELECT count(*) FROM bank_statement"))


async def find_statement(statement_id: UUID) -> StatementFacts:
    """One of them; of one that is only read, what taking it in would do as things stand.

    Raises:
        StatementUnknown
    """
    row = await fetch_one(f"{_STATEMENTS} WHERE s.id = $1 GROUP BY s.id", statement_id)
    if row is None:
        raise StatementUnknown
    return _facts(row, await _would(statement_id) if row["state"] == "read" else {})


async def list_rows(
    statement_id: UUID, *, state: RowState | None = None, keyring: Keyring, limit: int, offset: int = 0
) -> list[RowFacts]:
    """The rows that a statement brought, or would bring, by day."""
    rows = await fetch(
        f"{_ROWS} WHERE r.statement_id = $1 AND ($2::text IS NULL OR r.state = $2) ORDER BY r.day, r.id LIMIT $3 OFFSET $4",
        statement_id, state and state.value, limit, offset,
    )  # fmt: skip
    return await _rows(rows, keyring)


async def preview_rows(statement_id: UUID, *, keyring: Keyring, limit: int, offset: int = 0) -> list[RowFacts]:
    """What would become of the new rows of a statement that is only read: `proposed` where they fit, else why not."""
    rows = await fetch(
        "SELECT c.no AS id, $1::uuid AS statement_id, c.number, c.is_numbered, c.day, c.amount_minor, c.payer_name,"
        " c.payer_end, c.remark,"
        " CASE WHEN j.nature = 'fits' THEN 'proposed' ELSE j.state END AS state, NULL::uuid AS approval_id,"
        " NULL::uuid AS finding_id, nullif(j.nature, 'fits') AS nature"
        " FROM statements.judge($1) j JOIN statements.content($1) c ON c.no = -j.row_id ORDER BY c.no LIMIT $2 OFFSET $3",
        statement_id, limit, offset,
    )  # fmt: skip
    return await _rows(rows, keyring)


async def list_findings(
    *,
    is_open: bool | None = None,
    owner: UUID | None = None,
    is_unowned: bool = False,
    keyring: Keyring,
    limit: int,
    offset: int = 0,
) -> list[Finding]:
    """Findings: open ones first, of these the oldest first."""
    rows = await fetch(
        f"{_FINDINGS} WHERE {_WHERE} ORDER BY x.state = 'open' DESC, x.found_at, x.day, x.id LIMIT $4 OFFSET $5",
        is_open, owner, is_unowned, limit, offset,
    )  # fmt: skip
    return await _findings(rows, keyring)


async def count_findings(*, is_open: bool | None = None, owner: UUID | None = None, is_unowned: bool = False) -> int:
    """How many those are."""
    return int(
        await fetch_value(f"SELECT count(*) FROM statement_finding x WHERE {_WHERE}", is_open, owner, is_unowned)
    )


async def find_finding(finding_id: UUID, *, keyring: Keyring) -> Finding:
    """One of them.

    Raises:
        FindingUnknown
    """
    row = await fetch_one(f"{_FINDINGS} WHERE x.id = $1", finding_id)
    if row is None:
        raise FindingUnknown
    (found,) = await _findings([row], keyring)
    return found


async def _would(statement_id: UUID) -> dict[str, int]:
    row = await fetch_one(
        "SELECT count(*) AS new, count(*) FILTER (WHERE j.nature = 'fits') AS fitting,"
        " count(*) FILTER (WHERE j.nature <> 'fits') AS open, count(*) FILTER (WHERE j.state = 'proposed') AS proposed,"
        " count(*) FILTER (WHERE j.state = 'paid') AS paid FROM statements.judge($1) j WHERE j.row_id < 0",
        statement_id,
    )
    return dict(row) if row else {}


def _facts(row: Row, would: Mapping[str, int]) -> StatementFacts:
    told: dict[str, Any] = dict(row) | {"fitting": 0} | dict(would)
    notes = tuple((zh, en) for zh, en in msgspec.json.decode(told.pop("notes")))
    return StatementFacts(**told | {"state": StatementState(row["state"]), "notes": notes})


async def _rows(rows: Sequence[Row], keyring: Keyring) -> list[RowFacts]:
    words = await open_words([row_key(row) for row in rows], keyring=keyring)
    return [_row(row, said) for row, said in zip(rows, words, strict=True)]


def _row(row: Row, words: PayerWords) -> RowFacts:
    nature = row["nature"]
    told: dict[str, Any] = dict(row) | msgspec.structs.asdict(words)
    told.pop("statement_id")
    return RowFacts(**told | {"state": RowState(row["state"]), "nature": Nature(nature) if nature else None})


async def _findings(rows: Sequence[Row], keyring: Keyring) -> list[Finding]:
    named = [row for row in rows if row["statement_id"] is not None]
    opened = await open_words([row_key(row) for row in named], keyring=keyring)
    words = dict(zip((row["id"] for row in named), opened, strict=True))
    return [_finding(row, words.get(row["id"], PayerWords())) for row in rows]


def _finding(row: Row, words: PayerWords) -> Finding:
    told = {name: value for name, value in dict(row).items() if name not in WORDS}
    said = {"payer_name": words.payer_name, "payer_end": words.payer_end, "text": words.remark}
    states = {"nature": Nature(row["nature"]), "state": FindingState(row["state"])}
    return Finding(**told | said | states)
