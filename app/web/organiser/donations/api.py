"""JSON for donors: giving to a zone out of one's holding, what was given, and how it is shown."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.certificates import NAME_PURPOSE
from app.commerce import orders
from app.foundation import fonts, identity
from app.kernel import ids, mass
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.programmes import donations, zones
from app.programmes.donations import Donation, Gift, Shown
from app.registry import holdings
from app.registry.credits import Programme
from app.views.account_json import Grams
from app.views.claim_json import OrganisationId
from app.views.errors import RequestsTooMany
from app.views.orders import ordering
from app.views.services import Services
from app.web.kit.responses.answers import BEARER, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services
from app.web.organiser.donations.forms import known_id

DonationId = Annotated[str, msgspec.Meta(examples=["don_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]


class DonationForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you give now, out of your holding."""

    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["sample-games"])]
    donor: OrganisationId | None = None
    """The organisation that gives; left out: you yourself."""
    grams: Grams
    programme: Programme | None = None
    """Left out: of whatever the holding has."""
    shown_as: Shown = Shown.ANONYMOUS
    """On the board: by name only where you say so. A person is shown by the first letter, while they agree to be listed."""
    name: Annotated[str, msgspec.Meta(max_length=2_000, examples=["林小川"])] = ""
    """A person's, for certificate and board; empty: none."""


class ShownForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a donation is shown from now on."""

    shown_as: Shown


class DonationView(msgspec.Struct, frozen=True, kw_only=True):
    """Grams that were given."""

    id: DonationId
    zone: str
    donor: Annotated[str, msgspec.Meta(examples=["org_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    grams: int
    mass_text: str
    transferred_at: str
    shown_as: Shown
    retirement: Annotated[str, msgspec.Meta(examples=["R-20261206-GH9WGTJ3"])] | None
    """The one retirement of the zone's account that took it; null: it lies there."""
    retired_at: str | None


class DonationsView(msgspec.Struct, frozen=True, kw_only=True):
    """What you and your organisations gave, the latest first; at most two hundred."""

    donations: tuple[DonationView, ...]


_EXAMPLE = DonationView(
    id="don_01JD8Q9T5K3V2M7N4P6R8S0W1X", zone="sample-games", donor="org_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    grams=300_000_000_000, mass_text="300,000.00 t", transferred_at="2026-11-03T10:00:00+08:00", shown_as=Shown.NAME,
    retirement=None, retired_at=None,
)  # fmt: skip
_REFUSED = (
    zones.ZoneUnknown, identity.RoleMissing, donations.DonationUnknown, donations.DonationUnfit, donations.DonorUnverified,
    donations.OwnZone, donations.DonationKeyUsedOtherwise, holdings.CreditsExhausted, orders.NameUnfit, fonts.NotPrintable,
)  # fmt: skip


@post(
    "/donations",
    operation_id="donate",
    summary="Give credits to a zone / 捐赠碳信用",
    guards=[guards.signed_in, limited("order", 30, is_exact=True)],
    security=BEARER,
    responses=answers(_EXAMPLE, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, *_REFUSED, status=201),
)
async def donate(
    request: Request[Any, Any, Any],
    data: JSONBody[DonationForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[DonationView]:
    """Move grams into the zone's account for good: they are retired for its event and used for nothing else. A certificate
    follows in seconds."""

    async def give() -> DonationView:
        zone, donor_id = await zones.find(data.zone), _donor(data, person_id)
        name = await ordering.fit_name(data.name) if donor_id == person_id else ""
        sealed = await identity.seal(person_id, name, purpose=NAME_PURPOSE, keyring=services.keyring) if name else None
        asked = Gift(
            donor_id=donor_id, mass_g=data.grams, programme=data.programme, shown_as=data.shown_as, name_sealed=sealed,
            language=language.value,
        )  # fmt: skip
        id_ = await donations.give(zone, asked, by=person_id, key=idempotency_key)
        return (await _views([await donations.find(id_, by=person_id)]))[0]

    return await answer_once(request, give, actor=person_id, key=idempotency_key)


@get(
    "/donations",
    operation_id="listDonations",
    summary="What you gave / 我的捐赠",
    guards=[guards.signed_in, limited("look", 240)],
    security=BEARER,
    responses=answers(DonationsView(donations=(_EXAMPLE,)), *SIGNED_IN, RequestsTooMany),
)
async def list_donations(person_id: NamedDependency[UUID]) -> DonationsView:
    """Of you and of the organisations you act for."""
    own = [person_id, *(card.id for card, _ in await identity.own_organisations(person_id))]
    return DonationsView(donations=tuple(await _views(await donations.list_of_donors(own))))


@post(
    "/donations/{donation:str}/shown",
    operation_id="showDonation",
    summary="By name or without it / 是否显示名称",
    guards=[guards.signed_in, limited("consent", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(_EXAMPLE, *READ, *SIGNED_IN, RequestsTooMany, donations.DonationUnknown, identity.RoleMissing),
)
async def show_donation(
    donation: FromPath[str], data: JSONBody[ShownForm], person_id: NamedDependency[UUID]
) -> DonationView:
    """From now on; as easy to take back as to give. The certificate stays as it is."""
    id_ = known_id("don", donation)
    await donations.show(id_, data.shown_as, by=person_id)
    return (await _views([await donations.find(id_, by=person_id)]))[0]


def _donor(form: DonationForm, person_id: UUID) -> UUID:
    if form.donor is None:
        return person_id
    found = ids.parse("org", form.donor)
    if found is None:
        raise donations.DonationUnknown(field="/donor")
    return found


async def _views(found: list[Donation]) -> list[DonationView]:
    slugs = {id_: (await zones.find_by_id(id_)).slug for id_ in {one.zone_id for one in found}}
    cards = await identity.introduce({one.donor_id for one in found}) if found else {}
    return [
        DonationView(
            id=ids.public("don", one.id),
            zone=slugs[one.zone_id],
            donor=ids.public("org" if cards[one.donor_id].name is not None else "per", one.donor_id),
            grams=one.mass_g,
            mass_text=mass.text(one.mass_g),
            transferred_at=rfc3339(one.transferred_at),
            shown_as=one.shown_as,
            retirement=one.retirement_number if one.retired_at is not None else None,
            retired_at=rfc3339(one.retired_at) if one.retired_at is not None else None,
        )
        for one in found
    ]


routes = Router(
    "/api/v1",
    route_handlers=[donate, list_donations, show_donation],
    dependencies={"services": Provide(provide_services)},
    tags=["holdings"],
)
