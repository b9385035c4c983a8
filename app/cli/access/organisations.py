"""`diandian organisation`: who there is, written down by one of ours and verified by two."""

import json
from collections.abc import Sequence
from uuid import UUID

import click

from app.cli.access.people import organisation_of
from app.cli.columns import padded
from app.cli.listing import Listed, print_cut
from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.cli.words import word
from app.foundation import identity
from app.foundation.approvals import State
from app.foundation.identity import OrganisationCard, OrganisationKind, Verification
from app.kernel import ids
from app.kernel.clock import rfc3339, utc_now
from app.kernel.text import Text
from config.settings import Settings


async def add(
    settings: Settings, name: Text, kind: str, register: tuple[str, str], papers: str, who: Credentials
) -> tuple[UUID, Verification]:
    """Write one down and propose its verification."""
    entry = identity.read_register(*register)
    async with database(settings), acting(settings, who) as by:
        organisation_id, verification_id = await identity.add_organisation(
            name, kind=OrganisationKind(kind), register=entry, papers=papers, by=by, now=utc_now()
        )
        return organisation_id, await identity.find_verification(verification_id)


async def propose(settings: Settings, organisation: str, papers: str, who: Credentials) -> Verification:
    """Propose one that is there, again."""
    async with database(settings), acting(settings, who) as by:
        verification_id = await identity.propose_verification(await organisation_of(organisation), papers=papers, by=by)
        return await identity.find_verification(verification_id)


async def verify(settings: Settings, verification_id: UUID, sha256: str, who: Credentials) -> None:
    """Agree, as a second person."""
    async with database(settings), acting(settings, who) as by:
        await identity.verify_organisation(verification_id, seen=sha256, by=by)


async def end(settings: Settings, verification_id: UUID, reason: str, who: Credentials) -> State:
    """Send it back, or withdraw it."""
    async with database(settings), acting(settings, who) as by:
        return await identity.end_verification(verification_id, reason=reason, by=by)


async def known(settings: Settings, words: str, *, limit: int) -> Listed[OrganisationCard]:
    """The organisations in whose name these words stand."""
    async with database(settings):
        found = await identity.list_organisations(words, limit=limit)
        return Listed(found, await identity.count_organisations(words))


async def waiting(settings: Settings, *, limit: int) -> Listed[Verification]:
    """What waits for a second person."""
    async with database(settings):
        found = await identity.open_verifications(limit=limit)
        return Listed(found, await identity.count_open_verifications())


def print_organisations(found: Listed[OrganisationCard], *, as_json: bool) -> None:
    """Two short lines for each organisation."""
    if as_json:
        document = [
            {
                "id": ids.public("org", card.id),
                "name": {"zh": card.name.zh, "en": card.name.en},
                "kind": card.kind.value,
                "is_verified": card.is_verified,
                "country": card.register.country if card.register else None,
                "register_number": card.register.number if card.register else None,
            }
            for card in found.rows
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    for card in found.rows:
        mark = "✔" if card.is_verified else "…"
        number = f"{card.register.country} {card.register.number}" if card.register else "-"
        line(f"{mark} {ids.public('org', card.id)}  {padded(word(card.kind.value), 12)} {number}")
        line(f"  {card.name.zh} / {card.name.en}", hang=0)
    if not found.rows:
        line(say("没有这样的机构", "no organisation"))
    print_cut(found, as_json=False)


def print_all_waiting(found: Listed[Verification], *, as_json: bool) -> None:
    """What waits, and whether that is all."""
    print_waiting(found.rows, as_json=as_json)
    print_cut(found, as_json=as_json)


def print_waiting(found: Sequence[Verification], *, as_json: bool) -> None:
    """Each with all that the second person must see."""
    if as_json:
        document = [
            {
                "id": str(one.id),
                "organisation": ids.public("org", one.organisation.id),
                "name": {"zh": one.organisation.name.zh, "en": one.organisation.name.en},
                "kind": one.organisation.kind.value,
                "country": one.organisation.register.country if one.organisation.register else None,
                "register_number": one.organisation.register.number if one.organisation.register else None,
                "papers": one.papers,
                "sha256": one.sha256,
                "proposed_at": rfc3339(one.proposed_at),
            }
            for one in found
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for one in found:
        card = one.organisation
        number = f"{card.register.country} {card.register.number}" if card.register else "-"
        line(f"{one.id}  {rfc3339(one.proposed_at)}")
        line(f"  sha256 {one.sha256}")
        line(f"  {card.name.zh} / {card.name.en}", hang=0)
        line(f"  {word(card.kind.value)} · {number} · {ids.public('org', card.id)}", hang=0)
        line(f"  {one.papers}", hang=0)
    if not found:
        line(say("没有待复核的机构", "nothing waits"))
