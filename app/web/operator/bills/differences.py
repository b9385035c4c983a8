"""Differences, and one of them: from what the room knows to what the pages show."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from app.commerce import bills, payments
from app.commerce.bills import Difference, DifferenceState, Step
from app.foundation.identity import Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Text
from app.views import bills as words
from app.views import listing
from app.views.console import Tone, age
from app.views.page import Amount
from app.web.kit.desk import Desk
from app.web.kit.security.signing_in import shown_name
from app.web.operator.bills.views import DifferenceRow, DifferenceShown, DifferencesPage

HERE: Final = "/operator/bills"
DIFFERENCES: Final = f"{HERE}/differences"
_LATE: Final = timedelta(hours=2)
"""A difference that nobody has ended by then is late; so says the alert."""
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


def day_url(day: date) -> str:
    """The page of a day."""
    return f"{HERE}/{day.isoformat()}"


async def every_difference(
    desk: Desk,
    fact: DomainError | None = None,
    *,
    opened: str = "",
    reason: str = "",
    evidence: str = "",
    is_missing: bool = False,
) -> DifferencesPage:
    """Differences by state and owner, one of them beside the list."""
    asked = listing.read(DIFFERENCES, desk.request.query_params, {"state": tuple(_SHOWN), "owner": tuple(_OWNERS)})
    state, owner = asked.chosen["state"], asked.chosen["owner"]

    async def count(state: str, owner: str) -> int:
        return await bills.count_differences(
            is_open=_IS_OPEN[state], owner=desk.person_id if owner == "mine" else None, is_unowned=owner == "nobody"
        )

    found = await bills.list_differences(
        is_open=_IS_OPEN[state], owner=desk.person_id if owner == "mine" else None, is_unowned=owner == "nobody",
        limit=listing.PIECE, offset=asked.offset,
    )  # fmt: skip
    chosen = opened or asked.open
    shown = await bills.find_difference(words.find_id(chosen)) if chosen else found[0] if found else None
    may_act = Role.FINANCE in await desk.roles()
    people = [one.owner_id for one in found] + ([shown.owner_id, shown.closed_by] if shown else [])
    names = await names_of(people, desk)
    rows = tuple(
        row_of(one, names, desk, may_act=may_act, url=asked.opening(words.number_of(one.id)), shown=shown)
        for one in found
    )
    return DifferencesPage(
        **desk.frame(asked.here if not opened else asked.opening(opened), fact),
        section=HERE,
        roles=(),
        filters=tuple([
            asked.filter("state", one, text.in_(desk.language), await count(one, owner)) for one, text in _SHOWN.items()
        ]),
        owners=tuple([asked.filter("owner", one, text.in_(desk.language)) for one, text in _OWNERS.items()]),
        rows=rows,
        paging=asked.paging(await count(state, owner)),
        shown=_opened(shown, names, desk, may_act=may_act) if shown else None,
        is_asked=bool(chosen),
        closed_url=asked.closed,
        typed_reason=reason,
        typed_evidence=evidence,
        typed_missing=is_missing,
    )  # fmt: skip


def row_of(
    one: Difference,
    names: Mapping[UUID, str],
    desk: Desk,
    *,
    may_act: bool,
    url: str = "",
    shown: Difference | None = None,
) -> DifferenceRow:
    """One in a list; `names` are of the people in it, `shown` stands beside it."""
    number = words.number_of(one.id)
    is_open = one.state is DifferenceState.OPEN
    asks = may_act and one.step is Step.ASK
    tone: Tone = "todo" if is_open else "void" if one.state is DifferenceState.ACCEPTED else "done"
    return DifferenceRow(
        number=number,
        url=url or f"{DIFFERENCES}?open={number}" + ("" if is_open else "&state=all"),
        title=words.title_of(one).in_(desk.language),
        nature=words.NATURES[one.nature].in_(desk.language),
        reference=_order_of(one) or one.transaction_id,
        at=one.at,
        amount=Amount(minor=one.amount_minor, currency=one.currency),
        owner=names.get(one.owner_id) if one.owner_id else None,
        age=age(one.found_at, desk.now),
        is_late=is_open and desk.now - one.found_at > _LATE,
        closed_at=one.closed_at,
        state=words.DIFFERENCE_STATES[one.state].in_(desk.language),
        tone=tone,
        step=words.STEPS[one.step].in_(desk.language) if one.step else None,
        ask_url=f"{DIFFERENCES}/{number}/ask" if asks else None,
        is_open=shown is not None and one.id == shown.id,
    )


def _opened(one: Difference, names: Mapping[UUID, str], desk: Desk, *, may_act: bool) -> DifferenceShown:
    row = row_of(one, names, desk, may_act=may_act)
    may_act = may_act and one.state is DifferenceState.OPEN
    base = f"{DIFFERENCES}/{row.number}"

    def amount(minor: int | None) -> Amount | None:
        return None if minor is None else Amount(minor=minor, currency=one.currency)

    return DifferenceShown(
        row=row,
        channel=words.name_of(one.channel).in_(desk.language),
        day=one.day,
        day_url=day_url(one.day),
        theirs=amount(one.theirs_minor),
        ours=amount(one.ours_minor),
        is_ledger=one.nature is bills.Nature.LEDGER,
        order_reference=_order_of(one) or one.reference or None,
        transaction_id=one.transaction_id,
        refund_reference=one.refund_reference or None,
        found_at=one.found_at,
        asks=one.asks,
        asked_at=one.asked_at,
        last_word=one.last_word,
        reason=one.reason,
        evidence=one.evidence,
        closed_by=names.get(one.closed_by) if one.closed_by else None,
        take_url=f"{base}/take" if may_act and one.owner_id != desk.person_id else None,
        ask_url=row.ask_url,
        explain_url=f"{base}/explain" if may_act else None,
    )


def _order_of(one: Difference) -> str:
    """`ord_…` of a payment for an order; of another subject nothing."""
    if one.paid_for is None:
        return ""
    kind, id_ = payments.read_subject(one.paid_for)
    return ids.public("ord", id_) if kind == "order" else ""


async def names_of(people: Iterable[UUID | None], desk: Desk) -> dict[UUID, str]:
    """What the platform calls them."""
    return {one: await shown_name(one, desk.services) for one in set(people) if one is not None}
