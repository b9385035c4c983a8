"""What an organisation holds, from the terminal: listed, bought into, given away, retired from, given back."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from app import scenarios, wiring
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.commerce import orders
from app.commerce.orders import NewHoldLine, NewJointOrder, OrderFacts, Returned
from app.foundation import approvals, identity
from app.foundation.approvals import Approval
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import claims, holdings, retirements
from app.registry.credits import Programme
from app.registry.holdings import AccountFacts, Amount, Holding, Mix
from config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What shall be retired of an account."""

    account: str
    scene: str
    purpose: str
    subject: str | None
    period_from: date
    period_to: date
    emission_g: int


async def listed(settings: Settings, *, who: Credentials) -> list[tuple[AccountFacts, list[Holding]]]:
    """The accounts of the organisations that somebody acts for, with what is in them."""
    async with database(settings), acting(settings, who) as person_id:
        own = await identity.own_organisations(person_id)
        found = await holdings.accounts_of([card.id for card, _ in own])
        return [(one, await holdings.balances(one.account)) for one in found]


async def buy(
    settings: Settings,
    payer: str,
    programme: Programme,
    grams: int,
    language: Language,
    currency: Currency = Currency.CNY,
    *,
    who: Credentials,
    key: str | None,
) -> OrderFacts:
    """Order grams into the payer's holding; `diandian order pay` pays it. The same wish of one day is one order.

    Raises:
        PartyUnknown, RoleMissing, CreditsExhausted, PriceUnknown, RateUnknown, RateTooOld: as `orders.place_joint`.
    """
    payer_id = ids.parse("org", payer)
    if payer_id is None:
        raise orders.PartyUnknown(field="/payer")
    async with database(settings), acting(settings, who) as person_id:
        await identity.demand_role(person_id, payer_id, *identity.ORDERING, field="/payer")
        own = await holdings.open_holding(payer_id)
        asked = NewJointOrder(
            payer_id=payer_id,
            lines=(NewHoldLine(account_id=own.id, mass_g=grams, mix=Mix.only(programme)),),
            currency=currency,
            rate_days=settings.exchange_rate_days,
            language=language.value,
        )
        paid_in = () if currency is Currency.CNY else (currency.value,)
        key = key or _key("buy", payer, programme.value, grams, *paid_in)
        return await orders.place_joint(asked, by=person_id, key=key, clock=utc_now, bounds=wiring.bounds(settings))


async def transfer(
    settings: Settings, source: str, target: str, programme: Programme, grams: int, *, reason: str, who: Credentials,
    key: str | None,
) -> holdings.Transferred:  # fmt: skip
    """Move free grams to an account (acc_…), or to the holding of a verified organisation (org_…).

    Raises:
        AccountUnknown, RoleMissing, CreditsExhausted, CauseTaken, SameAccount: as `holdings.move`.
    """
    async with database(settings), acting(settings, who) as person_id:
        own = await _own(source, person_id)
        other = await _target(target)
        cause = retirements.held_cause(key or _key("give", source, target, programme.value, grams), by=person_id)
        amount = Amount(Mix.only(programme), grams)
        return await holdings.move(
            cause, own.account, other.account, amount, reason=reason, actor=f"person:{person_id}"
        )


async def retire(
    settings: Settings, asked: Asked, programme: Programme, grams: int, language: Language, *, who: Credentials,
    key: str | None,
) -> str | Approval:  # fmt: skip
    """Retire grams for a claim of the account's owner: the number, or what another of its people must approve.

    Raises:
        AccountUnknown, RoleMissing, ScenarioUnknown, HeldClaimUnfit, CreditsExhausted: as `retirements.retire_held`.
    """
    async with database(settings), acting(settings, who) as person_id:
        account = await _own(asked.account, person_id)
        scene = await scenarios.open_scene(asked.scene, today=beijing_day(utc_now()))
        wanted = retirements.HeldRetirement(
            account_id=account.id,
            claim=claims.NewClaim(
                purpose=claims.Purpose(asked.purpose),
                scenario_id=scene.id,
                subject=asked.subject,
                beneficiary_id=account.owner_id,
                period_from=asked.period_from,
                period_to=asked.period_to,
                emission_g=asked.emission_g,
                language=language.value,
            ),
            mass_g=grams,
            mix=Mix.only(programme),
        )
        key = key or _key("retire", asked, programme.value, grams)
        limit_g = settings.retire_alone_tonnes * GRAMS_PER_TONNE
        if grams > limit_g:
            return await retirements.propose_held(wanted, by=person_id, key=key)
        cause = await retirements.retire_held(wanted, by=person_id, key=key, limit_g=limit_g)
        standing = await retirements.find_by_cause(cause)
        assert standing is not None, cause
        return standing.number


async def approve(settings: Settings, proposal: str, digest: str, *, who: Credentials) -> str:
    """Agree to a retirement as a second person; answers its cause.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing, CreditsExhausted: as
            `retirements.approve_held`.
    """
    approval_id = ids.parse("apr", proposal)
    if approval_id is None:
        raise approvals.ApprovalUnknown
    async with database(settings), acting(settings, who) as person_id:
        return await retirements.approve_held(approval_id, seen=digest, by=person_id)


async def give_back(
    settings: Settings, number: str, grams: int, *, line_no: int, who: Credentials, key: str | None
) -> Returned:
    """Give grams of a held line of an order back, as far as they are free.

    Raises:
        OrderUnknown, RoleMissing, LineUnknown, NothingToReturn: as `orders.return_line`.
    """
    order_id = ids.parse("ord", number)
    if order_id is None:
        raise orders.OrderUnknown
    async with database(settings), acting(settings, who) as person_id:
        order = await orders.find(order_id, by=person_id)
        line_id = next((one.id for one in order.hold_lines if one.no == line_no), None)
        if line_id is None:
            raise orders.LineUnknown
        wish = key or _key("return", number, line_no, grams, order.back_minor)
        return await orders.return_line(order_id, line_id, grams, by=person_id, key=wish)


async def _own(shown: str, person_id: UUID) -> AccountFacts:
    account_id = ids.parse("acc", shown)
    if account_id is None:
        raise holdings.AccountUnknown
    account = await holdings.find_account(account_id)
    if not await identity.acts_for(person_id, account.owner_id):
        raise holdings.AccountUnknown
    await identity.demand_role(person_id, account.owner_id, *identity.ORDERING, field="/account")
    return account


async def _target(shown: str) -> AccountFacts:
    organisation_id, account_id = ids.parse("org", shown), ids.parse("acc", shown)
    owner_id = organisation_id
    if account_id is not None:
        owner_id = (await holdings.find_account(account_id)).owner_id
    card = (await identity.introduce([owner_id])).get(owner_id) if owner_id else None
    if owner_id is None or card is None or not card.is_verified:
        raise holdings.AccountUnknown(field="/target")
    return await (holdings.find_account(account_id) if account_id else holdings.open_holding(owner_id))


def _key(*said: object) -> str:
    """The same wish on the same day is one intent."""
    told = " ".join(str(one) for one in (*said, beijing_day(utc_now())))
    return f"terminal-{sha256(told.encode()).hexdigest()[:32]}"
