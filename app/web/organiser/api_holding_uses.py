"""JSON for organisations: moving what they hold, and retiring from it without paying again."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from app import scenarios
from app.commerce.orders.rules import GRAMS_MOST
from app.foundation import approvals, fonts, identity
from app.kernel import ids, mass
from app.kernel.text import Language
from app.programmes import donations
from app.registry import claims, holdings, retirements
from app.registry.holdings import AccountFacts, Amount
from app.registry.retirements import HeldRetirement
from app.views import estimates
from app.views.account_json import EXAMPLE_ACCOUNT, AccountId, Grams, account_id
from app.views.claim_json import Name, OrganisationId, ProfileName
from app.views.errors import RequestsTooMany
from app.views.orders.mixes import MixForm, read_mix
from app.views.services import Services
from app.web.kit.responses.answers import BEARER, KEYED, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


class TransferForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes from one account to another."""

    source: AccountId
    target: AccountId | None = None
    """An account of a verified organisation."""
    organisation: OrganisationId | None = None
    """Or the organisation whose holding it is, which is opened where it has none."""
    grams: Grams
    mix: MixForm
    reason: Annotated[Name, msgspec.Meta(examples=["赠予合作方"])]


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """What went over."""

    source: AccountId
    target: AccountId
    grams: int
    mass_text: str


@post(
    "/holdings/transfers",
    operation_id="transferHolding",
    summary="Move grams to another account / 划转",
    guards=[guards.of_kind("operator", guards.KEY), limited("order", 30, is_exact=True)],
    security=KEYED,
    responses=answers(
        TransferView(source=EXAMPLE_ACCOUNT, target=EXAMPLE_ACCOUNT, grams=1_000_000, mass_text="1 t"),
        *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, holdings.AccountUnknown, holdings.MixUnfit,
        holdings.CreditsExhausted, holdings.CauseTaken, holdings.SameAccount, donations.GivenStays, status=201,
    ),
)  # fmt: skip
async def transfer_holding(
    request: Request[Any, Any, Any],
    data: JSONBody[TransferForm],
    person_id: NamedDependency[UUID],
    idempotency_key: IdempotencyKey,
) -> Response[TransferView]:
    """Move free grams to an account of a verified organisation, once for its key; no money moves."""

    async def may() -> AccountFacts:
        return await _own(data.source, person_id, "/source")

    async def move() -> TransferView:
        source = await may()
        target = await _target(data)
        amount = Amount(read_mix(data.mix, "/mix"), data.grams)
        cause = retirements.held_cause(idempotency_key, by=person_id)
        with donations.refusals():
            moved = await holdings.move(
                cause, source.account, target.account, amount, reason=data.reason, actor=f"person:{person_id}"
            )
        return TransferView(
            source=ids.public("acc", source.id), target=ids.public("acc", target.id), grams=moved.mass_g,
            mass_text=mass.text(moved.mass_g),
        )  # fmt: skip

    return await answer_once(request, move, actor=person_id, key=idempotency_key, may=may)


class RetireForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is retired of an account, for a claim of its owner."""

    account: AccountId
    grams: Grams
    mix: MixForm
    scene: Annotated[str, msgspec.Meta(min_length=6, max_length=8, examples=["H7QP3K"])]
    purpose: Annotated[
        str, msgspec.Meta(pattern="^(organisation|event|product|site|meeting)$", examples=["organisation"])
    ]
    subject: Name | None = None
    period_from: date
    period_to: date
    """Inclusive."""
    emission_grams: Annotated[int, msgspec.Meta(ge=0, le=GRAMS_MOST)]
    profile: ProfileName | None = None


class RetiredView(msgspec.Struct, frozen=True, kw_only=True):
    """A retirement that is requested, or what waits for a second person."""

    cause: Annotated[str, msgspec.Meta(examples=["holding:5c1f6a3e-9f4e-4d7b-8a6f-0c2e4b7d9a10"])]
    number: str | None
    """Of the retirement, once it is requested."""
    approval: str | None = None
    """What another person of the organisation must agree to (`/holdings/retirements/approve`)."""
    digest: str | None = None
    """Of exactly what was written down."""


@post(
    "/holdings/retirements",
    operation_id="retireHolding",
    summary="Retire what you hold / 注销持有量",
    guards=[guards.of_kind("operator", guards.KEY), limited("order", 30, is_exact=True)],
    security=KEYED,
    responses=answers(
        RetiredView(cause="holding:5c1f6a3e-9f4e-4d7b-8a6f-0c2e4b7d9a10", number="R-20261122-7K3M9QFX"),
        *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, holdings.AccountUnknown, holdings.MixUnfit,
        holdings.CreditsExhausted, scenarios.ScenarioUnknown, claims.ProfileUnknown, fonts.NotPrintable,
        retirements.HeldClaimUnfit, retirements.HeldKeyUsedOtherwise, approvals.ApprovalPending, donations.GivenStays,
        donations.AccountChanged, status=201,
    ),
)  # fmt: skip
async def retire_holding(
    request: Request[Any, Any, Any],
    data: JSONBody[RetireForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[RetiredView]:
    """Retire without paying again; a certificate follows. Above a limit it waits for another of the owner's people."""

    async def may() -> AccountFacts:
        return await _own(data.account, person_id, "/account")

    async def retire() -> RetiredView:
        asked = await _asked(data, await may(), language, services)
        if data.grams > services.alone_g:
            made = await retirements.propose_held(asked, by=person_id, key=idempotency_key)
            return RetiredView(cause=made.subject, number=None, approval=ids.public("apr", made.id), digest=made.sha256)
        with donations.refusals():
            cause = await retirements.retire_held(asked, by=person_id, key=idempotency_key, limit_g=services.alone_g)
        return await _retired(cause)

    return await answer_once(request, retire, actor=person_id, key=idempotency_key, may=may)


class AgreeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What another person agrees to."""

    approval: Annotated[str, msgspec.Meta(max_length=30, examples=["apr_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", examples=["9f" * 32])]
    """Of what was shown, so that nobody agrees to something else."""


@post(
    "/holdings/retirements/approve",
    operation_id="approveHoldingRetirement",
    summary="Agree to a large retirement / 复核持有注销",
    guards=[guards.of_kind("operator"), limited("order", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(
        RetiredView(cause="holding:5c1f6a3e-9f4e-4d7b-8a6f-0c2e4b7d9a10", number="R-20261122-7K3M9QFX"),
        *READ, *SIGNED_IN, RequestsTooMany, approvals.ApprovalUnknown, approvals.ApprovalDecided,
        approvals.ApprovalChanged, approvals.SamePerson, approvals.ApprovalRoleMissing, holdings.CreditsExhausted,
        donations.GivenStays, donations.AccountChanged,
    ),
)  # fmt: skip
async def approve_retirement(data: JSONBody[AgreeForm], person_id: NamedDependency[UUID]) -> RetiredView:
    """The grams are retired with the second person's word."""
    approval_id = ids.parse("apr", data.approval)
    if approval_id is None:
        raise approvals.ApprovalUnknown
    with donations.refusals():
        cause = await retirements.approve_held(approval_id, seen=data.digest, by=person_id)
    return await _retired(cause)


async def _asked(form: RetireForm, account: AccountFacts, language: Language, services: Services) -> HeldRetirement:
    try:
        scene = await scenarios.open_scene(form.scene, today=estimates.today())
    except scenarios.ScenarioUnknown:
        raise scenarios.ScenarioUnknown(field="/scene") from None
    profile = form.profile and claims.choose(services.profiles.profiles, form.profile, field="/profile").name
    return HeldRetirement(
        account_id=account.id,
        claim=claims.NewClaim(
            purpose=claims.Purpose(form.purpose),
            scenario_id=scene.id,
            subject=form.subject,
            beneficiary_id=account.owner_id,
            period_from=form.period_from,
            period_to=form.period_to,
            emission_g=form.emission_grams,
            profile=profile,
            language=language.value,
        ),
        mass_g=form.grams,
        mix=read_mix(form.mix, "/mix"),
    )


async def _retired(cause: str) -> RetiredView:
    standing = await retirements.find_by_cause(cause)
    return RetiredView(cause=cause, number=standing.number if standing else None)


async def _own(shown: str, person_id: UUID, field: str) -> AccountFacts:
    """An account that this person may use for its owner now."""
    account = await holdings.find_account(account_id(shown, field))
    if not await identity.acts_for(person_id, account.owner_id):
        raise holdings.AccountUnknown(field=field)
    await identity.demand_role(person_id, account.owner_id, *identity.ORDERING, field=field)
    return account


async def _target(form: TransferForm) -> AccountFacts:
    """Where it goes: an account of an organisation that two people verified."""
    if form.target is not None:
        account = await holdings.find_account(account_id(form.target, "/target"))
    else:
        owner_id = ids.parse("org", form.organisation or "")
        if owner_id is None or not await _is_verified(owner_id):
            raise holdings.AccountUnknown(field="/organisation")
        account = await holdings.open_holding(owner_id)
    if not await _is_verified(account.owner_id):
        raise holdings.AccountUnknown(field="/target")
    return account


async def _is_verified(party_id: UUID) -> bool:
    card = (await identity.introduce([party_id])).get(party_id)
    return card is not None and card.is_verified


routes = Router(
    "/api/v1",
    route_handlers=[transfer_holding, retire_holding, approve_retirement],
    dependencies={"services": Provide(provide_services)},
    tags=["holdings"],
)
