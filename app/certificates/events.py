"""What happened to certificates."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.foundation.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued(Event):
    """The record stands, numbered and hashed; its files are drawn when somebody asks. On the wire: `certificate.issued`."""

    kind: ClassVar[str] = "certificate.issued"
    certificate_id: UUID
    paper: str
    language: str

    @property
    def subject(self) -> str:
        """The certificate."""
        return f"certificate:{self.certificate_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWanted(Event):
    """Somebody asked for a paper that has not been drawn yet. On the wire: `certificate.file_wanted`."""

    kind: ClassVar[str] = "certificate.file_wanted"
    certificate_id: UUID
    language: str
    file_kind: str

    @property
    def subject(self) -> str:
        """The certificate."""
        return f"certificate:{self.certificate_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureWanted(Event):
    """Somebody asked for a picture that has not been drawn yet. On the wire: `certificate.picture_wanted`."""

    kind: ClassVar[str] = "certificate.picture_wanted"
    certificate_id: UUID
    language: str
    file_kind: str

    @property
    def subject(self) -> str:
        """The certificate."""
        return f"certificate:{self.certificate_id}"
