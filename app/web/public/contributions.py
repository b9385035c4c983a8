"""What anybody may see of a certificate of special contribution."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from app.certificates import Verified
from app.certificates.rules import programme_shown, read_record
from app.kernel.text import Language
from app.views import estimates
from app.views.page import Page
from app.views.services import Services
from app.views.zones.page import Figure
from app.web.public.api import masked_holder


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """The grams of one lot."""

    told: str
    lot: str
    mass_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionPage(Page):
    """Its frozen record, and whether a later version says more."""

    template: ClassVar[str] = "public/contribution.html"

    code: str
    title: str
    number: str
    donor: str
    """An organisation; of a person the first letter."""
    zone: str
    zone_url: str
    organiser: str
    figure: Figure
    mass_g: int
    transferred_at: datetime
    credits: tuple[CreditLine, ...]
    retirement_number: str | None
    retired_at: datetime | None
    issuer: str
    sha256: str
    superseded_by: str | None
    ring: Markup


def contribution(found: Verified, services: Services, language: Language) -> ContributionPage:
    """The page in the reader's language."""
    record = read_record(found.record_json)
    donor = record["holder_name"]
    return ContributionPage(
        here=f"/v/{record['verify_code']}",
        sandbox=services.issuer.is_sandbox,
        code=record["verify_code"],
        title=record["title"][language],
        number=record["number"],
        donor=donor[language] if donor else masked_holder(found, services, language),
        zone=record["zone"]["name"][language],
        zone_url=f"/z/{record['zone']['slug']}",
        organiser=record["organiser"][language],
        figure=Figure.of(record["mass_g"]),
        mass_g=record["mass_g"],
        transferred_at=estimates.instant(record["transferred_at"]),
        credits=tuple(
            CreditLine(
                told=f"{programme_shown(line, language)} · {line['project'][language]} · {line['vintage']}",
                lot=line["lot"],
                mass_g=line["mass_g"],
            )
            for line in record["lines"]
        ),
        retirement_number=record["retirement_number"],
        retired_at=estimates.instant(record["retired_at"]) if record["retired_at"] else None,
        issuer=record["issuer"][language],
        sha256=found.record_sha256.hex(),
        superseded_by=found.superseded_by,
        ring=estimates.ring(record["number"], 100),
    )
