"""From what waits to what the inbox's page shows."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.foundation import approvals, identity
from app.foundation.approvals import State
from app.foundation.identity import Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.views import inbox, listing
from app.views.console import Tone, age
from app.views.inbox import Group, Item, Opened
from app.views.listing import Asked
from app.views.services import Services
from app.web.kit.desk import Desk
from app.web.kit.responses import pages
from app.web.kit.security.signing_in import shown_roles
from app.web.operator.inbox_views import Column, FactLine, HistoryLine, InboxPage, InboxRow, OpenedView

HERE: Final = "/operator/inbox"
_ALL: Final = "all"
_LATE: Final = timedelta(days=5)
"""Whoever waits so long, waits too long."""
_APPLICATION: Final = Text(zh="机构申请", en="An organisation’s application")
PROPOSERS: Final = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})
"""Who looks at the papers of an organisation that signed itself up, and proposes it."""
_TONES: Final[dict[State, Tone]] = {
    State.PROPOSED: "todo",
    State.APPROVED: "done",
    State.RETURNED: "void",
    State.WITHDRAWN: "void",
    State.SUPERSEDED: "void",
}


async def page(approval: UUID | None, desk: Desk, fact: DomainError | None = None, **typed: str) -> InboxPage:
    """The inbox of this reader, with one opened beside it; `typed` is what to show again after the refusal `fact`.

    Raises:
        ApprovalUnknown: there is none with this number.
    """
    opened = await inbox.open_one(approval, desk.person_id, keyring=desk.services.keyring) if approval else None
    found = await inbox.look(desk.person_id)
    roles = await desk.roles()
    asked = listing.read(HERE, desk.request.query_params, {"role": (_ALL, *(one.role for one in found.roles))})
    role = asked.chosen["role"]
    kept = f"?role={role}" if role != _ALL else ""
    kinds = {kind.code for kind in await approvals.list_kinds() if role == _ALL or role in kind.decider_roles}
    mine = [item for item in found.mine if item.approval.kind in kinds]
    names = await _names(_people(opened, [*found.mine, *found.handed_on, *found.others]), desk.services)

    def rows(items: Sequence[Item]) -> tuple[InboxRow, ...]:
        shown = [item for item in items if item.approval.kind in kinds]
        return tuple(_row(item, approval, kept, names, desk.language, desk.now) for item in shown)

    applied = await _applications(desk) if role == _ALL and roles & PROPOSERS else ()
    return InboxPage(
        **desk.frame(url(approval) + kept if approval else asked.here, fact),
        roles=shown_roles(roles),
        columns=tuple(_column(one, asked, desk.language, desk.now) for one in found.roles),
        mine=(*applied, *rows(found.mine)),
        mine_count=len(applied) + (found.mine_count if role == _ALL else len(mine)),
        handed_on=rows(found.handed_on),
        others=rows(found.others),
        opened=_opened(opened, names, desk.language, **typed) if opened else None,
        closed_url=asked.closed,
    )


async def _applications(desk: Desk) -> tuple[InboxRow, ...]:
    """Organisations that signed themselves up and that nobody has proposed."""
    return tuple(
        InboxRow(
            url=f"/operator/organisations#{ids.public('org', one.organisation.id)}",
            kind=_APPLICATION.in_(desk.language),
            about=one.organisation.name.in_(desk.language),
            maker=one.applicant or "",
            figure="",
            age=age(one.sent_at, desk.now),
            is_late=_is_late(one.sent_at, desk.now),
            is_open=False,
        )
        for one in await identity.applications.list_waiting(keyring=desk.services.keyring)
    )


def url(approval: UUID) -> str:
    """Where one is shown."""
    return f"{HERE}/{approval}"


def _column(one: Group, asked: Asked, language: Language, now: datetime) -> Column:
    is_on = asked.chosen["role"] == one.role
    return Column(
        role=pages.phrase(f"op.role.{one.role}", language),
        count=one.count,
        oldest=age(one.oldest_at, now) if one.oldest_at else None,
        is_late=one.oldest_at is not None and _is_late(one.oldest_at, now),
        url=asked.address(role=_ALL if is_on else one.role),
        is_on=is_on,
    )


def _row(
    item: Item, shown: UUID | None, kept: str, names: dict[UUID, str], language: Language, now: datetime
) -> InboxRow:
    one = item.approval
    return InboxRow(
        url=url(one.id) + kept,
        kind=one.label.in_(language),
        about=item.said.about.in_(language),
        maker=names[one.maker_id] if one.maker_id else "",
        figure=item.said.figure.in_(language) if item.said.figure else "",
        age=age(one.proposed_at, now),
        is_late=_is_late(one.proposed_at, now),
        is_open=one.id == shown,
    )


def _opened(opened: Opened, names: dict[UUID, str], language: Language, **typed: str) -> OpenedView:
    one, said = opened.item.approval, opened.item.said
    here = url(one.id)
    return OpenedView(
        id=str(one.id),
        kind=one.label.in_(language),
        title=said.title.in_(language),
        maker=names[one.maker_id] if one.maker_id else "",
        proposed_at=one.proposed_at,
        state=one.state.text.in_(language),
        tone=_TONES[one.state],
        lines=tuple(
            FactLine(
                label=line.label.in_(language),
                value=line.value.in_(language),
                before=line.before.in_(language) if line.before and line.before != line.value else None,
            )
            for line in said.lines
        ),
        payload=one.payload,
        sha256=one.sha256,
        outcome=said.outcome.in_(language),
        steps=tuple(
            HistoryLine(
                state=step.state.text.in_(language),
                tone=_TONES[step.state],
                who=names[step.actor_id] if step.actor_id else "",
                note=step.reason,
                at=step.at,
            )
            for step in opened.steps
        ),
        typed=said.typed,
        unit=said.unit,
        link=said.link,
        is_ready=said.is_ready,
        may_decide=opened.may_decide,
        may_withdraw=opened.may_withdraw,
        approve_action=f"{here}/approve",
        return_action=f"{here}/return",
        withdraw_action=f"{here}/withdraw",
        **typed,
    )


def _people(opened: Opened | None, items: Iterable[Item]) -> set[UUID]:
    people = {item.approval.maker_id for item in items}
    if opened is not None:
        people |= {opened.item.approval.maker_id, *(step.actor_id for step in opened.steps)}
    return {person for person in people if person is not None}


async def _names(people: Iterable[UUID], services: Services) -> dict[UUID, str]:
    """What the platform calls them; without a name, the end of their id."""
    return {
        person: await identity.name_of(person, keyring=services.keyring) or f"#{ids.public('per', person)[-5:]}"
        for person in people
    }


def _is_late(since: datetime, now: datetime) -> bool:
    return now - since >= _LATE
