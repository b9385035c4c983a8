"""What the verbs about people print: members with their roles, invitations that are open."""

import json
from collections.abc import Sequence

import click

from app.cli.columns import cut, padded
from app.identity import Member, PendingInvitation
from app.kernel import ids
from app.kernel.clock import rfc3339


def tell_members(members: Sequence[Member], *, as_json: bool) -> None:
    """A line for each: ✔ with a second factor, - without, ✘ disabled."""
    if as_json:
        told = [
            {
                "name": one.name,
                "email": one.email,
                "roles": [role.value for role in one.roles],
                "has_second_factor": one.has_factor,
                "is_disabled": one.is_disabled,
            }
            for one in members
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in members:
        mark = "✘" if one.is_disabled else "✔" if one.has_factor else "-"
        roles = ", ".join(role.value for role in one.roles)
        click.echo(f"{mark} {padded(cut(one.name or '-', 16), 16)} {padded(cut(one.email or '-', 32), 32)} {roles}")
    if not members:
        click.echo("nobody yet: diandian invite")


def tell_invitations(found: Sequence[PendingInvitation], *, as_json: bool) -> None:
    """A line for each."""
    if as_json:
        told = [
            {
                "id": ids.public("inv", one.id),
                "for": one.label,
                "roles": [role.value for role in one.roles],
                "state": one.state.value,
                "expires_at": rfc3339(one.expires_at),
            }
            for one in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(f"{ids.public('inv', one.id)}  {one.state.value:<8} {one.expires_at:%Y-%m-%d}  {one.label or '-'}")
        click.echo(f"  {', '.join(role.value for role in one.roles)}")
    if not found:
        click.echo("none is open")
