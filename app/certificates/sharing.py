"""What of a certificate is shared with everybody: its poster with what strangers see of its holder's name."""

from uuid import UUID

from app.certificates.drawing import FileKind, fetch_file
from app.foundation import identity
from app.gateways.database import fetch_one
from app.gateways.files import FileStore
from app.kernel.text import Language

_SHARED: FileKind = "masked"


async def is_shared(verify_code: str, language: Language) -> bool:
    """Whether the poster for strangers is there: its holder asked for it, and is not forgotten."""
    return await _found(verify_code, language) is not None


async def fetch_shared(
    verify_code: str, language: Language, *, files: FileStore, keyring: identity.Keyring
) -> bytes | None:
    """The poster for strangers, PNG; None where its holder never asked for it, or is forgotten."""
    found = await _found(verify_code, language)
    if found is None:
        return None
    certificate_id, holder_id = found
    return await fetch_file(certificate_id, language, _SHARED, by=holder_id, files=files, keyring=keyring)


async def _found(verify_code: str, language: Language) -> tuple[UUID, UUID] | None:
    row = await fetch_one(
        "SELECT c.id, c.holder_id FROM certificate c JOIN party h ON h.id = c.holder_id"
        " JOIN certificate_file f ON f.certificate_id = c.id AND f.language = $2 AND f.kind = $3"
        " WHERE c.verify_code = $1 AND (h.kind = 'organisation' OR EXISTS"
        " (SELECT FROM keys.person_key k WHERE k.person_id = c.holder_id))",
        verify_code, language.value, _SHARED,
    )  # fmt: skip
    return None if row is None else (row["id"], row["holder_id"])
