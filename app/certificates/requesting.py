"""Asking for a file of a certificate: nobody draws what nobody asked for."""

from typing import Final
from uuid import UUID

from app.certificates.drawing import FileKind
from app.certificates.errors import CertificateUnknown
from app.certificates.events import FileWanted, PictureWanted
from app.certificates.reading import MAY_SEE
from app.foundation import outbox
from app.gateways.database import fetch_one, fetch_value, transaction
from app.kernel.text import Language

_IS_ASKED: Final = (
    "(w.wanted_at > clock_timestamp() - interval '1 min' OR EXISTS (SELECT FROM outbox_message o"
    " WHERE o.subject = 'certificate:' || w.certificate_id AND o.kind IN ('"
    + FileWanted.kind
    + "', '"
    + PictureWanted.kind
    + "')"
    " AND o.payload->>'language' = w.language AND o.payload->>'file_kind' = w.kind"
    " AND o.done_at IS NULL AND o.dead_at IS NULL))"
)
"""Of a row `w`: asked for within a minute, or not drawn yet since it was."""


async def want(certificate_id: UUID, language: Language, kind: FileKind, *, by: UUID) -> bool:
    """Ask for a file that is not there; whether this call was the one that asked.

    However many ask at once, while it waits or within a minute, it is asked for once. It is drawn before whatever
    was asked for earlier, a paper before any picture.

    Raises:
        CertificateUnknown: no such certificate, or another person's.
    """
    async with transaction() as tx:
        row = await fetch_one(
            "WITH mine AS (SELECT c.id FROM certificate c WHERE c.id = $1 AND " + MAY_SEE + "),"
            " asked AS (INSERT INTO certificate_wanted AS w (certificate_id, language, kind, wanted_at)"
            " SELECT id, $3, $4, clock_timestamp() FROM mine"
            " ON CONFLICT ON CONSTRAINT certificate_wanted_certificate_language_kind_key"
            f" DO UPDATE SET wanted_at = excluded.wanted_at WHERE NOT {_IS_ASKED} RETURNING 1)"
            " SELECT EXISTS (SELECT FROM mine) AS is_there, EXISTS (SELECT FROM asked) AS is_new",
            certificate_id, by, language.value, kind, tx=tx,
        )  # fmt: skip
        if row is None or not row["is_there"]:
            raise CertificateUnknown
        if row["is_new"]:
            event = FileWanted if kind == "pdf" else PictureWanted
            await outbox.record(event(certificate_id=certificate_id, language=language.value, file_kind=kind), tx=tx)
    if row["is_new"]:
        outbox.nudge()
    return bool(row["is_new"])


async def is_wanted(certificate_id: UUID, language: Language, kind: FileKind) -> bool:
    """Whether somebody has asked already, so that `want` would ask for nothing."""
    return bool(
        await fetch_value(
            "SELECT EXISTS (SELECT FROM certificate_wanted w WHERE w.certificate_id = $1 AND w.language = $2"
            f" AND w.kind = $3 AND {_IS_ASKED})",
            certificate_id, language.value, kind,
        )
    )  # fmt: skip
