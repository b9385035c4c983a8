"""Retiring what an organisation holds, without paying again: alone up to a limit, above it two of its people agree."""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
from tortoise.exceptions import IntegrityError

from app.foundation import approvals, fonts, identity, outbox
from app.foundation.approvals import Approval, Proposal
from app.gateways.database import Tx, again, constraint, fetch, fetch_one, transaction
from app.kernel.clock import utc_now
from app.kernel.days import is_plausible
from app.kernel.graphemes import has_controls
from app.registry import claims, holdings, ledger
from app.registry.claims import ClaimFacts, NewClaim
from app.registry.holdings import AccountFacts, AccountKind, Mix
from app.registry.retirements.errors import HeldClaimUnfit, HeldKeyUsedOtherwise, TwoPeopleNeeded
from app.registry.retirements.requesting import Request, request
from app.registry.retirements.rules import Funding

HELD: Final = "holding_retirement"
"""Of the approvals, whose subject is the cause."""
_TRIES = 6
_TEXT_MOST: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRetirement:
    """What an account's owner retires of it for a claim of its own."""

    account_id: UUID
    claim: NewClaim
    """Of the owner."""
    mass_g: int
    mix: Mix


def held_cause(key: str, *, by: UUID) -> str:
    """The cause of a wish, `holding:<intent>`: of one person and key."""
    return f"holding:{UUID(bytes=sha256(f'{by} {key}'.encode()).digest()[:16], version=4)}"


async def retire_held(asked: HeldRetirement, *, by: UUID, key: str, limit_g: int) -> str:
    """Retire grams of an account for a claim of its owner; answers the cause, `holding:<intent>`.

    A certificate follows as from an order. `key` is the client's own for this intent: repeated, nothing happens again.

    Raises:
        AccountUnknown: no such account, or `by` is nobody of its owner.
        RoleMissing: `by` only reads there, now.
        TwoPeopleNeeded: more than one person may retire alone: `propose_held`.
        HeldClaimUnfit: nothing to retire, a period or a subject that cannot be; the field is named.
        NotPrintable: the certificate could not show the subject.
        CreditsExhausted: less is free in the account.
        HeldKeyUsedOtherwise: the key stands for another wish.
    """
    account = await _checked(asked, by=by)
    if asked.mass_g > limit_g:
        raise TwoPeopleNeeded(most=limit_g)
    cause = held_cause(key, by=by)
    try:
        await _until_free(lambda tx: _retire(cause, asked, account, by=by, approval_id=None, tx=tx))
    except IntegrityError as refusal:
        if constraint(refusal) == "holding_retirement_alone_check":  # the settings were raised, and not migrated since
            raise TwoPeopleNeeded(most=limit_g) from refusal
        raise
    return cause


async def set_limit(alone_g: int) -> None:
    """Let PostgreSQL refuse what one person retires of an account alone above these grams; on the owner's connection."""
    await fetch(
        "INSERT INTO holding_retirement_limit (alone_g) VALUES ($1) ON CONFLICT (is_only) DO UPDATE SET alone_g = $1",
        alone_g,
    )


async def propose_held(asked: HeldRetirement, *, by: UUID, key: str) -> Approval:
    """Write the same down for another of the owner's people to agree to; nothing is set aside meanwhile.

    Raises:
        AccountUnknown, RoleMissing, HeldClaimUnfit, NotPrintable: as `retire_held`.
        ApprovalRoleMissing, ApprovalPending: of `approvals.propose`.
    """
    account = await _checked(asked, by=by)

    async def use_case() -> Approval:
        async with transaction() as tx:
            wanted = Proposal(subject=held_cause(key, by=by), payload=_payload(asked, account))
            return await approvals.propose(HELD, wanted, by=by, party=account.owner_id, tx=tx)

    return await again(use_case)


async def approve_held(approval_id: UUID, *, seen: str, by: UUID) -> str:
    """Agree to it as a second person: the grams are retired in the same transaction; answers the cause.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
        CreditsExhausted: less is free in the account by now; the proposal waits still.
    """

    async def use_case(tx: Tx) -> str:
        approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
        asked = _asked(msgspec.json.decode(approved.payload))
        account = await holdings.find_account(asked.account_id, tx=tx)
        assert approved.maker_id is not None, approved.id
        await _retire(approved.subject, asked, account, by=approved.maker_id, approval_id=approved.id, tx=tx)
        return approved.subject

    return str(await _until_free(use_case))


async def _checked(asked: HeldRetirement, *, by: UUID) -> AccountFacts:
    account = await holdings.find_account(asked.account_id)
    if not await identity.acts_for(by, account.owner_id):
        raise holdings.AccountUnknown
    await identity.demand_role(by, account.owner_id, *identity.ORDERING, field="/account")
    claim = asked.claim
    assert claim.beneficiary_id == account.owner_id, claim.beneficiary_id
    if asked.mass_g <= 0 or claim.emission_g < 0:
        raise HeldClaimUnfit(field="/grams")
    if not (is_plausible(claim.period_from) and is_plausible(claim.period_to)) or claim.period_from > claim.period_to:
        raise HeldClaimUnfit(field="/period_to")
    if claim.subject is not None:
        if not claim.subject.strip() or len(claim.subject) > _TEXT_MOST or has_controls(claim.subject):
            raise HeldClaimUnfit(field="/subject")
        await fonts.demand({"/subject": claim.subject})
    return account


async def _until_free(use_case: Any) -> Any:  # noqa: ANN401 - what the use case answers
    """In a transaction, again where somebody used grams of a lot in between."""

    async def one() -> Any:  # noqa: ANN401
        async with transaction() as tx:
            return await use_case(tx)

    for left in reversed(range(_TRIES)):
        try:
            answer = await again(one)
        except ledger.BalanceTooLow:
            if not left:
                raise
        else:
            outbox.nudge()
            return answer
    raise AssertionError


async def _retire(
    cause: str, asked: HeldRetirement, account: AccountFacts, *, by: UUID, approval_id: UUID | None, tx: Tx
) -> None:
    text = approvals.canonical(_payload(asked, account))
    known = await fetch_one("SELECT asked FROM holding_retirement WHERE cause = $1", cause, tx=tx)
    if known is not None:
        if known["asked"] != text:
            raise HeldKeyUsedOtherwise
        return
    written = await fetch(
        "INSERT INTO holding_retirement (cause, account_id, mass_g, asked, by_id, approval_id, made_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp()) ON CONFLICT (cause) DO NOTHING RETURNING cause",
        cause, account.id, asked.mass_g, text, by, approval_id, tx=tx,
    )  # fmt: skip
    if not written:
        return  # the same wish, from a second tap, was faster
    made: dict[str, ClaimFacts] = await claims.make({cause: asked.claim}, tx=tx)
    soon = utc_now() + timedelta(minutes=5)
    await holdings.reserve(cause, asked.mix, asked.mass_g, account=account.account, expires_at=soon, tx=tx)
    await request(
        [
            Request(
                cause=cause, claim=made[cause], funding=_funding(account), payer_id=account.owner_id,
                holder_id=account.owner_id, account_id=account.id, mass_g=asked.mass_g,
            )
        ],
        tx=tx,
    )  # fmt: skip


def _funding(account: AccountFacts) -> Funding:
    """What lies in a zone was given to it."""
    return Funding.DONATION if account.account.kind is AccountKind.ZONE else Funding.OWN


def _payload(asked: HeldRetirement, account: AccountFacts) -> dict[str, Any]:
    """What two people agree to, and what a repeat is compared with."""
    claim = asked.claim
    return {
        "holder": account.owner_id,
        "account": account.id,
        "grams": asked.mass_g,
        "mix": str(asked.mix),
        "purpose": claim.purpose,
        "scene": claim.scenario_id,
        "subject": claim.subject,
        "period_from": claim.period_from,
        "period_to": claim.period_to,
        "emission_grams": claim.emission_g,
        "profile": claim.profile,
        "language": claim.language,
    }


def _asked(said: dict[str, Any]) -> HeldRetirement:
    return HeldRetirement(
        account_id=UUID(said["account"]),
        claim=NewClaim(
            purpose=claims.Purpose(said["purpose"]),
            scenario_id=UUID(said["scene"]),
            subject=said["subject"],
            beneficiary_id=UUID(said["holder"]),
            period_from=date.fromisoformat(said["period_from"]),
            period_to=date.fromisoformat(said["period_to"]),
            emission_g=said["emission_grams"],
            profile=said["profile"],
            language=said["language"],
        ),
        mass_g=said["grams"],
        mix=Mix.read(said["mix"]),
    )
