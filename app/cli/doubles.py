"""`diandian lot`: lots that hold tonnes of an older one, and what somebody says they are."""

import json
from collections.abc import Sequence

import click

from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, person_of
from app.cli.words import word
from app.foundation.approvals import Approval
from app.foundation.identity import Role
from app.kernel.clock import rfc3339
from app.registry import credits
from app.registry.credits import Double, DoubleDecision
from config.settings import Settings


async def doubles(settings: Settings) -> list[Double]:
    """Every lot that holds tonnes of an older one."""
    async with database(settings):
        return await credits.list_doubles()


async def propose_double(
    settings: Settings, code: str, decision: str, note: str, credentials: Credentials
) -> Approval:  # fmt: skip
    """Say as an operator what a double is."""
    async with database(settings):
        by = await person_of(settings, credentials, Role.OPERATOR)
        return await credits.propose_double(code, DoubleDecision(decision), note=note, by=by)


def print_doubles(found: Sequence[Double], *, as_json: bool) -> None:
    """Tell each with the lot it meets and what both hold."""
    document = [
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
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for one in document:
        line(f"{one['lot']}  {one['programme']}  {one['serial']}")
        state = word(one["decision"]) if one["decision"] else say("待两人决定", "waits for two people")
        line(
            say(
                f"  在先 {one['first']}  共有 {one['found']}  {state}",
                f"  first {one['first']}  both {one['found']}  {state}",
            )
        )
    if not document:
        line(say("没有批次与其他批次重复", "no lot holds tonnes of another"))
