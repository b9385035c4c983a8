"""Where applications stand: for their own people, and for ours."""

from uuid import UUID

from app.foundation.identity.access.enrolling import card
from app.foundation.identity.access.keeping_members import read_data
from app.foundation.identity.applications.rules import Application, state_of
from app.foundation.identity.applications.sealing import read_purposes
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.rules import DatumKind
from app.gateways.database import Row, fetch

_COLUMNS = (
    "o.*, a.applicant_id, a.purpose, a.purpose_sealed, a.sent_at, a.returned_at, a.reason, EXISTS (SELECT FROM approval p"
    " WHERE p.kind = 'organisation_verification' AND p.subject = o.id::text AND p.state = 'proposed') AS is_proposed"
    " FROM organisation_application a JOIN organisation o ON o.id = a.organisation_id"
)


async def own(person_id: UUID, *, keyring: Keyring) -> list[Application]:
    """Those of the organisations that somebody is a member of now, the latest first."""
    return await _told(
        await fetch(
            f"SELECT {_COLUMNS} WHERE EXISTS (SELECT FROM membership m WHERE m.person_id = $1 AND m.organisation_id = o.id)"
            " ORDER BY a.sent_at DESC",
            person_id,
        ),
        keyring,
    )


async def list_waiting(*, keyring: Keyring, limit: int = 200) -> list[Application]:
    """What waits for one of ours to look at it and propose it, the oldest first."""
    rows = await fetch(
        f"SELECT * FROM (SELECT {_COLUMNS}) AS q WHERE NOT is_verified AND returned_at IS NULL AND NOT is_proposed"
        " ORDER BY sent_at, id LIMIT $1",
        limit,
    )
    return await _told(rows, keyring)


async def _told(rows: list[Row], keyring: Keyring) -> list[Application]:
    people = [row["applicant_id"] for row in rows]
    names, emails = [await read_data(kind, people, keyring) for kind in (DatumKind.NAME, DatumKind.EMAIL)]
    purposes = await read_purposes(rows, keyring=keyring)
    return [
        Application(
            card(row), row["applicant_id"], names.get(row["applicant_id"]), emails.get(row["applicant_id"]), purpose,
            row["sent_at"],
            state_of(
                is_verified=row["is_verified"], is_proposed=row["is_proposed"], returned_at=row["returned_at"]
            ),
            row["reason"],
        )
        for row, purpose in zip(rows, purposes, strict=True)
    ]  # fmt: skip
