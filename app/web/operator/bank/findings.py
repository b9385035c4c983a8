"""Findings of statements, and one of them: from what the room knows to what the page shows."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from app.commerce import payments, statements
from app.commerce.statements import Finding, FindingState, Nature, Step
from app.foundation.identity import Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.kernel.text import Text
from app.views import listing
from app.views.console import age
from app.views.orders import statements as words
from app.views.page import Amount
from app.web.kit.desk import Desk
from app.web.kit.security.signing_in import shown_name
from app.web.operator.bank.showing import FINDINGS, HERE, url
from app.web.operator.bank.views import FindingRow, FindingShown, FindingsPage

_LATE: Final = timedelta(days=2)
"""Money of somebody else's that lies with us for longer is late."""
_SHOWN: Final = {
    "open": Text(zh="未了结", en="Open"),
    "over": Text(zh="已了结", en="Over"),
    "all": Text(zh="全部", en="All"),
}
_OWNERS: Final = {
    "all": Text(zh="所有人", en="Anybody’s"),
    "mine": Text(zh="我负责", en="Mine"),
    "nobody": Text(zh="没有负责人", en="Nobody’s"),
}
_IS_OPEN: Final = {"open": True, "over": False, "all": None}


async def every_finding(
    desk: Desk,
    fact: DomainError | None = None,
    *,
    opened: str = "",
    remark: str = "",
    reason: str = "",
    evidence: str = "",
) -> FindingsPage:
    """Findings by state and owner, one of them beside the list."""
    asked = listing.read(FINDINGS, desk.request.query_params, {"state": tuple(_SHOWN), "owner": tuple(_OWNERS)})
    state, owner = asked.chosen["state"], asked.chosen["owner"]
    mine = desk.person_id if owner == "mine" else None

    async def count(state: str) -> int:
        return await statements.count_findings(is_open=_IS_OPEN[state], owner=mine, is_unowned=owner == "nobody")

    keyring = desk.services.keyring
    found = await statements.list_findings(
        is_open=_IS_OPEN[state],
        owner=mine,
        is_unowned=owner == "nobody",
        keyring=keyring,
        limit=listing.PIECE,
        offset=asked.offset,
    )
    chosen = opened or asked.open
    shown = found[0] if found else None
    if chosen:
        shown = await statements.find_finding(words.find_finding_id(chosen), keyring=keyring)
    may_act = Role.FINANCE in await desk.roles()
    people = [one.owner_id for one in found] + ([shown.owner_id, shown.closed_by] if shown else [])
    names = await _names(people, desk)
    return FindingsPage(
        **desk.frame(asked.here if not opened else asked.opening(opened), fact),
        section=HERE,
        roles=(),
        filters=tuple([
            asked.filter("state", one, text.in_(desk.language), await count(one)) for one, text in _SHOWN.items()
        ]),
        owners=tuple(asked.filter("owner", one, text.in_(desk.language)) for one, text in _OWNERS.items()),
        rows=tuple(_row(one, names, desk, address=asked.opening(words.finding_number(one.id)), shown=shown) for one in found),
        paging=asked.paging(await count(state)),
        shown=_opened(shown, names, desk, may_act=may_act) if shown else None,
        is_asked=bool(chosen),
        closed_url=asked.closed,
        typed_remark=remark or _known_remark(shown),
        typed_reason=reason,
        typed_evidence=evidence,
    )  # fmt: skip


def opening(number: str) -> str:
    """The list with this one beside it, whatever became of it."""
    return f"{FINDINGS}?state=all&open={number}"


def _known_remark(one: Finding | None) -> str:
    """Of a payment that it fits; what a payer wrote wrongly is not typed again."""
    is_fitting = one is not None and one.nature in {Nature.LATE, Nature.FITS, Nature.REFUSED}
    return one.reference if one is not None and is_fitting and one.reference else ""


def _row(
    one: Finding, names: Mapping[UUID, str], desk: Desk, *, address: str = "", shown: Finding | None = None
) -> FindingRow:
    is_open = one.state is FindingState.OPEN
    minor = one.theirs_minor if one.theirs_minor is not None else one.ours_minor or 0
    return FindingRow(
        url=address,
        title=words.title_of(one).in_(desk.language),
        nature=words.NATURES[one.nature].in_(desk.language),
        number=one.number if one.is_numbered else one.payer_name or "—",
        amount=Amount(minor=minor, currency=Currency.CNY),
        owner=names.get(one.owner_id) if one.owner_id else None,
        age=age(one.found_at, desk.now),
        is_late=is_open and desk.now - one.found_at > _LATE,
        closed_at=one.closed_at,
        state=words.FINDING_STATES[one.state].in_(desk.language),
        tone="todo" if is_open else "done",
        step=words.STEPS[one.step].in_(desk.language) if one.step else None,
        is_open=shown is not None and one.id == shown.id,
    )


def _opened(one: Finding, names: Mapping[UUID, str], desk: Desk, *, may_act: bool) -> FindingShown:
    may_act = may_act and one.state is FindingState.OPEN
    base = f"{FINDINGS}/{words.finding_number(one.id)}"

    def amount(minor: int | None) -> Amount | None:
        return None if minor is None else Amount(minor=minor, currency=Currency.CNY)

    return FindingShown(
        row=_row(one, names, desk),
        day=one.day,
        theirs=amount(one.theirs_minor),
        ours=amount(one.ours_minor),
        payer=one.payer_name,
        payer_end=one.payer_end,
        text=one.text,
        is_numbered=one.is_numbered,
        order=_order_of(one),
        statement_url=url(one.statement_id) if one.statement_id else None,
        found_at=one.found_at,
        reason=one.reason,
        evidence=one.evidence,
        closed_by=names.get(one.closed_by) if one.closed_by else None,
        records_first=one.step is Step.RECORD,
        take_url=f"{base}/take" if may_act and one.owner_id != desk.person_id else None,
        record_url=f"{base}/record" if may_act and one.may_be_recorded and one.step is Step.RECORD else None,
        explain_url=f"{base}/explain" if may_act else None,
    )


def _order_of(one: Finding) -> str | None:
    if one.paid_for is None:
        return None
    kind, id_ = payments.read_subject(one.paid_for)
    return ids.public("ord", id_) if kind == "order" else None


async def _names(people: Iterable[UUID | None], desk: Desk) -> dict[UUID, str]:
    return {one: await shown_name(one, desk.services) for one in set(people) if one is not None}
