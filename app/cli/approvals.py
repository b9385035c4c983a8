"""`diandian approvals`: what waits for a second person, in words, and their decision."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import click

from app import wiring
from app.cli.listing import Listed, print_cut
from app.cli.output import line, read_language, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.foundation import approvals, identity
from app.foundation.approvals import Approval
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.views import inbox
from app.views.inbox import Item, Opened
from config.settings import Settings


async def waiting(settings: Settings, *, kind: str | None, role: str | None, limit: int) -> Listed[Item]:
    """What waits, the oldest first."""
    async with database(settings):
        found = await approvals.list_waiting(kind=kind, role=role, limit=limit)
        counted = [
            one.count
            for one in await approvals.count_waiting()
            if kind in {None, one.kind.code}
            and (role is None or (role in one.kind.decider_roles and not one.kind.is_of_party))
        ]
        return Listed([inbox.describe(one) for one in found], sum(counted))


async def one(settings: Settings, approval_id: UUID) -> tuple[Opened, str | None]:
    """One of them, for anybody at this terminal, and the name of who proposed it."""
    keyring = wiring.keyring(settings)
    async with database(settings):
        opened = await inbox.open_one(approval_id, approval_id, keyring=keyring)
        maker_id = opened.item.approval.maker_id
        return opened, await identity.name_of(maker_id, keyring=keyring) if maker_id else None


async def approve(settings: Settings, approval_id: UUID, sha256: str, amount: str, who: Credentials) -> Approval:
    """Agree, as a second person."""
    async with database(settings), acting(settings, who) as by:
        return await inbox.approve(approval_id, seen=sha256, typed=amount, by=by)


async def send_back(settings: Settings, approval_id: UUID, sha256: str, reason: str, who: Credentials) -> Approval:
    """Say no, as a second person."""
    async with database(settings), acting(settings, who) as by:
        return await inbox.send_back(approval_id, reason=reason, seen=sha256, by=by)


async def withdraw(settings: Settings, approval_id: UUID, reason: str, who: Credentials) -> Approval:
    """Take one's own back."""
    async with database(settings), acting(settings, who) as by:
        return await inbox.withdraw(approval_id, reason=reason, by=by)


def print_waiting(found: Listed[Item], *, as_json: bool) -> None:
    """Each in three lines: what it is, since when it waits, its digest."""
    if as_json:
        click.echo(json.dumps([_document(item) for item in found.rows], ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    for item in found.rows:
        _print_head(item)
    if not found.rows:
        line(say("没有待复核的事项", "nothing waits"))
    print_cut(found, as_json=False)


def print_approval(found: tuple[Opened, str | None], *, as_json: bool) -> None:
    """Its words, its text, its history."""
    opened, maker = found
    one, said, language = opened.item.approval, opened.item.said, read_language()
    if as_json:
        document = _document(opened.item) | {
            "maker_name": maker,
            "reason": one.reason,
            "steps": [
                {"state": step.state.value, "at": rfc3339(step.at), "reason": step.reason} for step in opened.steps
            ],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _print_head(opened.item)
    if maker is not None:
        line(say(f"  提请人: {maker}", f"  proposed by: {maker}"), hang=4)
    for fact in said.lines:
        was = f"（{fact.before.zh} → ）" if fact.before and language is Language.ZH else ""
        was = f" ({fact.before.en} →)" if fact.before and language is Language.EN else was
        line(f"  {fact.label.in_(language)}{was}: {fact.value.in_(language)}", hang=4)
    line("  " + json.dumps(dict(one.said()), ensure_ascii=False, indent=2).replace("\n", "\n  "))
    for step in opened.steps:
        reason = f"  {step.reason}" if step.reason else ""
        line(f"  {rfc3339(step.at)}  {step.state.text.in_(language)}{reason}", hang=4)
    if said.outcome.en:
        line(f"  {said.outcome.in_(language)}", hang=4)


def print_proposed(proposed: Sequence[Approval]) -> None:
    """That each waits for another person now, and under which number and digest."""
    for one in proposed:
        zh, en = f"{one.label.zh} {one.subject}", f"{one.label.en} {one.subject}"
        line(say(f"已提请，待另一人同意：{zh}", f"proposed, another person approves it: {en}"))
        line(f"  {one.id}")
        line(f"  sha256 {one.sha256}")
    if not proposed:
        line(say("没有要提请的", "nothing to propose"))


def print_decided(one: Approval) -> None:
    """How it stands now."""
    language = read_language()
    line(f"{one.label.in_(language)} {one.subject}: {one.state.text.in_(language)}")


def _print_head(item: Item) -> None:
    one, language = item.approval, read_language()
    line(f"{one.id}  {one.label.in_(language)} · {one.state.text.in_(language)}")
    line(f"  {item.said.title.in_(language)} · {item.said.about.in_(language)}", hang=4)
    line(f"  {rfc3339(one.proposed_at)}")
    line(f"  sha256 {one.sha256}")


def _document(item: Item) -> dict[str, Any]:
    one = item.approval
    return {
        "id": str(one.id),
        "kind": one.kind,
        "subject": one.subject,
        "title": {"zh": item.said.title.zh, "en": item.said.title.en},
        "state": one.state.value,
        "maker": str(one.maker_id) if one.maker_id else None,
        "decider": str(one.decider_id) if one.decider_id else None,
        "proposed_at": rfc3339(one.proposed_at),
        "decided_at": rfc3339(one.decided_at) if one.decided_at else None,
        "sha256": one.sha256,
        "payload": dict(one.said()),
    }
