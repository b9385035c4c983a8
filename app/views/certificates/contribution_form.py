"""The frozen record of a certificate of special contribution, and the answer that verifies one, as the API describes them."""

from typing import Annotated, Final, Literal

import msgspec

from app.registry.credits import Programme
from app.views.certificates.coverage import TextView
from app.views.certificates.paper_form import PaperRecord, VerifiedPaper


class ContributionZone(msgspec.Struct, frozen=True, kw_only=True):
    """The zone that was given to, as the paper keeps it."""

    slug: Annotated[str, msgspec.Meta(examples=["sample-games"])]
    version: int
    name: TextView
    accent: str
    line: TextView | None
    seal: TextView | None


class ContributionLine(msgspec.Struct, frozen=True, kw_only=True):
    """The grams that came from one lot. Their ranges stand on the certificate of the one retirement."""

    programme: Programme
    programme_name: TextView
    project: TextView
    vintage: int
    lot: str
    mass_g: int


class ContributionRecord(PaperRecord, frozen=True, kw_only=True):
    """What the paper froze."""

    kind: Literal["contribution"]
    zone: ContributionZone
    organiser: TextView
    holder_name: TextView | None
    """Null of a person: `holder` beside the record has what strangers see of the name."""
    mass_g: int
    transferred_at: str
    lines: tuple[ContributionLine, ...]
    retirement_number: str | None
    """Null: this version was issued before the zone's account was retired."""
    retired_at: str | None


class VerifiedContribution(VerifiedPaper, frozen=True, kw_only=True):
    """The public part of a certificate of special contribution: credits that were given to a zone."""

    paper: Literal["contribution"] = "contribution"
    record: ContributionRecord
    superseded_by: str | None
    """Number of the latest version, where this is an earlier one: the one that names the retirement."""


EXAMPLE: Final = VerifiedContribution(
    valid=True, register_number="C-5", holder="示例能源集团",
    record_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    record=ContributionRecord(
        record_version=1, kind="contribution", title=TextView(zh="特别贡献证书", en="Certificate of Special Contribution"),
        zone=ContributionZone(
            slug="sample-games", version=1, name=TextView(zh="示例运动会低碳专区", en="Sample Games low-carbon zone"),
            accent="green", line=None, seal=None,
        ),
        organiser=TextView(zh="示例组委会", en="Sample Committee"),
        holder_name=TextView(zh="示例能源集团", en="Sample Energy Group"), mass_g=300_000_000_000,
        transferred_at="2026-11-03T10:00:00+08:00",
        lines=(
            ContributionLine(
                programme=Programme.CDCER, programme_name=TextView(zh="成都碳减排量", en="Chengdu reductions"),
                project=TextView(zh="示例绿道碳汇", en="Sample greenway sink"), vintage=2022, lot="CDCER-2022-0113",
                mass_g=300_000_000_000,
            ),
        ),
        retirement_number=None, retired_at=None, number="DD-20261108-CT-7K3M9QXRA", verify_code="7K3M9QXR2D",
        verify_url="HTTPS://DD.EXAMPLE.ORG/V/7K3M9QXR2D", edition=1, supersedes=None,
        issued_at="2026-11-03T10:00:05+08:00", issuer=TextView(zh="示例环境交易所", en="Sample Exchange"), sandbox=True,
    ),
    superseded_by=None, title=TextView(zh="特别贡献证书", en="Certificate of Special Contribution"),
)  # fmt: skip
