"""`diandian lot`: what waits for its second person, and their word."""

import json
from collections.abc import Sequence
from uuid import UUID

import click

from app import approvals, credits
from app.cli.doing import database
from app.cli.saying import line, say
from app.cli.signing_in import Credentials, person_of
from app.cli.words import word
from app.credits import Double, DoubleDecision, Proposal
from app.identity import Role
from app.kernel.clock import rfc3339
from config.settings import Settings


async def waiting(settings: Settings) -> list[Proposal]:
    """What waits, oldest first."""
    async with database(settings):
        return await approvals.list_waiting()


async def confirm(settings: Settings, proposal_id: UUID, fingerprint: str, credentials: Credentials) -> int:
    """Confirm one as a reviewer; answers the lot's id."""
    async with database(settings):
        by = await person_of(settings, credentials, Role.REVIEWER)
        return await credits.approve(proposal_id, seen=fingerprint, by=by)


async def decline(settings: Settings, proposal_id: UUID, credentials: Credentials) -> None:
    """Decline one as a reviewer."""
    async with database(settings):
        by = await person_of(settings, credentials, Role.REVIEWER)
        await credits.decline(proposal_id, by=by)


async def doubles(settings: Settings) -> list[Double]:
    """Every lot that holds tonnes of an older one."""
    async with database(settings):
        return await credits.list_doubles()


async def propose_double(
    settings: Settings, code: str, decision: str, note: str, credentials: Credentials
) -> Proposal:  # fmt: skip
    """Say as an operator what a double is."""
    async with database(settings):
        by = await person_of(settings, credentials, Role.OPERATOR)
        return await credits.propose_double(code, DoubleDecision(decision), note=note, by=by)


def tell_doubles(found: Sequence[Double], *, as_json: bool) -> None:
    """Tell each with the lot it meets and what both hold."""
    told = [
        {
            "lot": one.code,
            "programme": one.programme.value,
            "serial": one.serial,
            "first": one.first_code,
            "found": one.found,
            "found_at": rfc3339(one.found_at),
            "decision": one.decision.value if one.decision else None,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in told:
        line(f"{one['lot']}  {one['programme']}  {one['serial']}")
        state = word(one["decision"]) if one["decision"] else say("待两人决定", "waits for two people")
        line(
            say(
                f"  在先 {one['first']}  共有 {one['found']}  {state}",
                f"  first {one['first']}  both {one['found']}  {state}",
            )
        )
    if not told:
        line(say("没有批次与其他批次重复", "no lot holds tonnes of another"))


def tell(proposals: Sequence[Proposal], *, as_json: bool) -> None:
    """Tell each with all of its text: who confirms must see what they confirm."""
    told = [
        {
            "id": str(proposal.id),
            "kind": proposal.kind.value,
            "about": proposal.about,
            "sha256": proposal.sha256,
            "maker": str(proposal.maker_id),
            "proposed_at": rfc3339(proposal.proposed_at),
            "payload": dict(proposal.payload),
        }
        for proposal in proposals
    ]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in told:
        line(f"{one['id']}  {word(str(one['kind']))}  {one['about']}")
        line(say(f"  提请于 {one['proposed_at']}", f"  proposed at {one['proposed_at']}"))
        line(f"  sha256 {one['sha256']}")
        line("  " + json.dumps(one["payload"], ensure_ascii=False, indent=2).replace("\n", "\n  "))
    if not told:
        line(say("没有待复核的批次", "nothing waits"))
