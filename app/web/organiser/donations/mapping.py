"""From donations, intents and accounts to what the pages show."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from app import certificates
from app.foundation import approvals, identity
from app.foundation.identity import Role
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.programmes import donations, zones
from app.programmes.donations import Donation, Intent, Shown, Stage, percent_text
from app.programmes.zones import Zone
from app.registry import holdings, retirements
from app.registry.holdings import Account
from app.views.console import Tone
from app.views.page import Amount
from app.web.kit.desk import Desk
from app.web.organiser.donations import support
from app.web.organiser.donations.views import (
    DonationsPage,
    DonorChoice,
    GivenLine,
    GivePage,
    IntentLine,
    Waiting,
    ZoneLine,
)

HERE: Final = "/organiser/donations"
_GIVING: Final = {Role.OPERATOR, Role.SPONSOR}
_OPEN: Final = {Stage.INTENT, Stage.AGREED}
_TONES: Final[dict[Stage, Tone]] = {
    Stage.INTENT: "todo",
    Stage.AGREED: "wait",
    Stage.TRANSFERRED: "wait",
    Stage.RETIRED: "done",
    Stage.LAPSED: "void",
    Stage.WITHDRAWN: "void",
    Stage.SHORT: "void",
}


async def own_page(desk: Desk) -> DonationsPage:
    """The zones, and what the reader's organisations gave."""
    own = await identity.own_organisations(desk.person_id)
    found = await zones.list_all()
    cards = await identity.introduce([one.owner_id for one in found])
    figures = {one.id: await donations.neutrality(one) for one in found}
    mine = {card.id for card, _ in own}
    return DonationsPage(
        **desk.frame(HERE),
        roles=(),
        door="organiser",
        zones=tuple(
            ZoneLine(
                url=f"{HERE}/{one.slug}",
                title=one.document.name.in_(desk.language),
                owner=card.name.in_(desk.language) if (card := cards[one.owner_id]).name else "",
                donated_g=figures[one.id].donated_g,
                is_own=one.owner_id in mine,
            )
            for one in found
        ),
        given=await _given(desk, await donations.list_of_donors(mine)),
    )


async def give_page(
    desk: Desk, zone: Zone, fact: DomainError | None = None, *, typed: Mapping[str, str] | None = None
) -> GivePage:
    """One zone, as this reader sees it."""
    here = f"{HERE}/{zone.slug}"
    own = [(card, set(roles)) for card, roles in await identity.own_organisations(desk.person_id)]
    is_own = any(card.id == zone.owner_id for card, _ in own)
    donors = [card for card, roles in own if card.is_verified and roles & _GIVING and card.id != zone.owner_id]
    seen = [card.id for card, _ in own if card.id != zone.owner_id]
    figures, today = await donations.neutrality(zone), beijing_day(desk.now)
    given = [one for one in await donations.list_of_donors(seen) if one.zone_id == zone.id]
    intents = [one for one in await donations.list_intents(today=today, donor_ids=seen) if one.zone_id == zone.id]
    return GivePage(
        **desk.frame(here, fact),
        section=HERE,
        roles=(),
        door="organiser",
        title=zone.document.name.in_(desk.language),
        zone_url=f"/z/{zone.slug}",
        board_url=f"/z/{zone.slug}/board",
        action=here,
        upload_action=f"{here}/agreement",
        donors=tuple(
            [
                DonorChoice(
                    shown_id=ids.public("org", card.id), name=card.name.in_(desk.language), held_g=await _held(card.id)
                )
                for card in donors
            ]
        ),
        is_own=is_own,
        held_g=figures.held_g,
        donated_g=figures.donated_g,
        donors_g=figures.donors_g,
        emission_g=figures.emission_g,
        percent=percent_text(figures.permille) if figures.permille is not None else None,
        alone_g=desk.services.alone_g,
        waiting=await _waiting(desk, zone) if is_own else None,
        given=await _given(desk, given),
        intents=await _intents(desk, intents),
        report_url=f"{here}/report.zip" if is_own or await _is_operator(desk) else "",
        report_digest=bytes(kept.sha256).hex() if (kept := await donations.find_report(zone)) else None,
        support_action=f"{here}/support",
        support_waiting=await support.waiting(desk, zone) if is_own else (),
        support=await support.own(seen, zone, desk.language),
        typed=typed or {},
        key=(typed or {}).get("intent_key", "")[:64] or str(ids.uuid7()),
        today=today.isoformat(),
    )


async def _is_operator(desk: Desk) -> bool:
    return Role.OPERATOR in await desk.roles()


async def _held(donor_id: UUID) -> int:
    return sum(one.mass_g for one in await holdings.balances(Account.organisation(donor_id)))


async def _waiting(desk: Desk, zone: Zone) -> Waiting | None:
    """What one of the owner's people proposed, of this zone's account."""
    for one in await approvals.list_waiting(kind=retirements.HELD):
        said = one.said()
        if UUID(said["account"]) == zone.account_id:
            return Waiting(
                shown_id=ids.public("apr", one.id), digest=one.sha256, mass_g=said["grams"],
                is_mine=one.maker_id == desk.person_id,
            )  # fmt: skip
    return None


async def _given(desk: Desk, found: Sequence[Donation]) -> tuple[GivenLine, ...]:
    cards = await identity.introduce({one.donor_id for one in found}) if found else {}
    papers = await certificates.newest_of(donations.CONTRIBUTION.code, [donations.cause_of(one.id) for one in found])
    lines = []
    for one in found:
        paper = papers.get(donations.cause_of(one.id))
        name = cards[one.donor_id].name
        lines.append(
            GivenLine(
                shown_id=ids.public("don", one.id),
                donor=name.in_(desk.language) if name else "",
                mass_g=one.mass_g,
                at=one.transferred_at,
                stage=Stage.RETIRED if one.retired_at is not None else Stage.TRANSFERRED,
                tone=_TONES[Stage.RETIRED if one.retired_at is not None else Stage.TRANSFERRED],
                is_named=one.shown_as is Shown.NAME,
                paper=paper.number if paper else None,
                paper_url=f"/api/v1/certificates/{ids.public('crt', paper.id)}/{desk.language.value}.pdf?wait=10"
                if paper
                else None,
            )
        )
    return tuple(lines)


async def _intents(desk: Desk, found: Sequence[Intent]) -> tuple[IntentLine, ...]:
    cards = await identity.introduce({one.donor_id for one in found}) if found else {}
    lines = []
    for one in found:
        name = cards[one.donor_id].name
        lines.append(
            IntentLine(
                shown_id=ids.public("din", one.id),
                donor=name.in_(desk.language) if name else "",
                mass_g=one.mass_g,
                amount=Amount(minor=one.amount_fen, currency=Currency.CNY) if one.amount_fen is not None else None,
                due_on=one.due_on,
                stage=one.stage,
                tone=_TONES[one.stage],
                digest=one.agreement_sha256.hex()[:16] if one.agreement_sha256 is not None else None,
                is_open=one.stage in _OPEN,
                order_url=f"/o/{ids.public('ord', one.order_id)}" if one.order_id is not None else None,
                is_named=one.shown_as is Shown.NAME,
            )
        )
    return tuple(lines)
