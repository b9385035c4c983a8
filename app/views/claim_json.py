"""A claim as JSON says it: asked for in an order's line, and told of one. The only place that names its fields to the API."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from app.commerce.orders.rules import GRAMS_MOST, TEXT_MOST
from app.kernel import ids, mass
from app.kernel.text import Language
from app.registry.claims import ClaimFacts, NewClaim, Purpose, purpose_of
from app.registry.retirements import Funding, told_purpose
from app.scenarios import Scene

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MOST)]
OrganisationId = Annotated[str, msgspec.Meta(max_length=30, examples=["org_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
ProfileName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=32,
        description="iso14068-1, mee-event-2019, local; 规则档的名称",
        examples=["iso14068-1"],
    ),
]
_DONATION: Final = "donation"


class ClaimForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall be claimed."""

    scene: Annotated[str, msgspec.Meta(min_length=6, max_length=8, examples=["H7QP3K"])]
    purpose: Literal["organisation", "event", "product", "site", "meeting", "donation"]
    """What is claimed; `donation`: the grams are given to the beneficiary, for what the scene is about."""
    beneficiary: OrganisationId | None = None
    """The organisation that may claim it; the payer where it is left out."""
    subject: Annotated[Name, msgspec.Meta(examples=["2022 年度生产经营活动"])] | None = None
    """What within the scene. Public."""
    period_from: date
    period_to: date
    """Inclusive."""
    emission_grams: Annotated[int, msgspec.Meta(ge=0, le=GRAMS_MOST, examples=[87_790_000])]
    profile: ProfileName | None = None
    """For this line's claim instead of the order's; a donation claims nothing and takes none."""

    @property
    def funding(self) -> Funding:
        """Whether it is bought for the claim, or given."""
        return Funding.DONATION if self.purpose == _DONATION else Funding.ORDER


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """What is claimed."""

    purpose: Annotated[str, msgspec.Meta(examples=["organisation"])]
    """personal, event, organisation, product, site, meeting, judicial, administrative, tree_planting; or, of what was
    given, gift or donation."""
    beneficiary: str | None
    """An organisation, `org_…`; null for the person who placed the order."""
    subject: str | None
    period_from: str
    period_to: str
    emission_grams: int
    emission_text: str
    profile: str | None = None
    """The rule profile that its claim asks for; null: the platform's own."""


def asked(form: ClaimForm, *, scene: Scene, beneficiary_id: UUID, profile: str | None, language: Language) -> NewClaim:
    """The claim that a form asks for, in this scene and for this beneficiary."""
    return NewClaim(
        purpose=purpose_of(scene.kind) if form.purpose == _DONATION else Purpose(form.purpose),
        scenario_id=scene.id,
        subject=form.subject,
        beneficiary_id=beneficiary_id,
        period_from=form.period_from,
        period_to=form.period_to,
        emission_g=form.emission_grams,
        profile=profile,
        language=language.value,
    )


def told(claim: ClaimFacts, funding: Funding, *, maker: UUID) -> dict[str, Any]:
    """The fields of a `ClaimView`; `maker` placed the order."""
    return {
        "purpose": told_purpose(claim.purpose, funding),
        "beneficiary": None if claim.beneficiary_id == maker else ids.public("org", claim.beneficiary_id),
        "subject": claim.subject,
        "period_from": claim.period_from.isoformat(),
        "period_to": claim.period_to.isoformat(),
        "emission_grams": claim.emission_g,
        "emission_text": mass.text(claim.emission_g),
        "profile": claim.profile,
    }
