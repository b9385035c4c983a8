"""What the verbs about people print: members with their roles, invitations that are open."""

import json

import click

from app.cli.columns import cut, padded
from app.cli.listing import Listed, print_cut
from app.cli.output import line, say
from app.cli.words import word, words
from app.foundation.identity import Member, PendingInvitation
from app.kernel import ids
from app.kernel.clock import rfc3339


def print_members(found: Listed[Member], *, as_json: bool) -> None:
    """Two lines for each: ✔ with a second factor, - without, ✘ disabled."""
    if as_json:
        document = [
            {
                "name": one.name,
                "email": one.email,
                "roles": [role.value for role in one.roles],
                "has_second_factor": one.has_factor,
                "is_disabled": one.is_disabled,
            }
            for one in found.rows
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    for one in found.rows:
        mark = "✘" if one.is_disabled else "✔" if one.has_factor else "-"
        line(f"{mark} {padded(cut(one.name or '-', 20), 20)} {one.email or '-'}")
        line(f"  {words([role.value for role in one.roles])}")
    if not found.rows:
        line(say("还没有人：diandian invite", "nobody yet: diandian invite"))
    print_cut(found, as_json=False)


def print_invitations(found: Listed[PendingInvitation], *, as_json: bool) -> None:
    """A line for each."""
    if as_json:
        document = [
            {
                "id": ids.public("inv", one.id),
                "for": one.label,
                "roles": [role.value for role in one.roles],
                "state": one.state.value,
                "expires_at": rfc3339(one.expires_at),
            }
            for one in found.rows
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    for one in found.rows:
        state = padded(word(one.state.value), 8)
        line(f"{ids.public('inv', one.id)}  {state} {one.expires_at:%Y-%m-%d}  {cut(one.label or '-', 25)}")
        line(f"  {words([role.value for role in one.roles])}")
    if not found.rows:
        line(say("没有未使用的邀请", "none is open"))
    print_cut(found, as_json=False)
