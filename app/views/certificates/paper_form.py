"""What every paper has that is no certificate of a retirement: who issued it under which number, and how it verifies."""

from typing import Annotated

import msgspec

from app.views.certificates.coverage import TextView


class PaperRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a paper's frozen record ends, whatever stands on it."""

    record_version: int
    title: TextView
    number: str
    verify_code: str
    verify_url: str
    edition: int
    supersedes: str | None
    issued_at: str
    issuer: TextView
    sandbox: bool


class VerifiedPaper(msgspec.Struct, frozen=True, kw_only=True):
    """What its verification tells beside the record."""

    valid: bool
    register_number: Annotated[str, msgspec.Meta(examples=["C-5"])]
    holder: Annotated[str, msgspec.Meta(examples=["示例能源集团"])]
    """An organisation by its name; of a person the first character and a star."""
    record_sha256: str
    """Of the record's canonical JSON: sorted keys, no spaces, UTF-8."""
    title: TextView
