"""Statements, and one of them: from what the room knows to what the pages show."""

from typing import Final
from uuid import UUID

from app.commerce import statements
from app.commerce.statements import RowFacts, RowState, StatementFacts, StatementState, StatementUnfit
from app.foundation.identity import Role
from app.kernel.errors import DomainError
from app.kernel.money import Currency
from app.kernel.text import Text
from app.views import listing
from app.views.console import Tone
from app.views.orders import statements as words
from app.views.page import Amount
from app.web.kit.desk import Desk
from app.web.kit.security.signing_in import shown_name
from app.web.operator import inbox_mapping
from app.web.operator.bank.views import CreditRow, FaultShown, StatementPage, StatementRow, StatementsPage

HERE: Final = "/operator/statements"
FINDINGS: Final = f"{HERE}/findings"
_FAULTS_MOST: Final = 100
"""Shown at once; whoever mends these finds the others next."""
_TONES: Final[dict[RowState, Tone]] = {
    RowState.OPEN: "todo", RowState.PROPOSED: "wait", RowState.PAID: "done", RowState.CLOSED: "void",
}  # fmt: skip
_SHOWN: Final = {"all": Text(zh="全部", en="All")} | {state.value: text for state, text in words.ROW_STATES.items()}


def url(statement_id: UUID) -> str:
    """The page of a statement."""
    return f"{HERE}/{words.number_of(statement_id)}"


async def every_statement(desk: Desk, fact: DomainError | None = None, *, file_name: str = "") -> StatementsPage:
    """Statements, the latest first; after a file was refused all that is wrong with it."""
    asked = listing.read(HERE, desk.request.query_params)
    found = await statements.list_statements(limit=listing.PIECE, offset=asked.offset)
    faults = fact.faults if isinstance(fact, StatementUnfit) else ()
    return StatementsPage(
        **desk.frame(asked.here, fact),
        roles=(),
        rows=tuple(_row(one, desk) for one in found),
        paging=asked.paging(await statements.count_statements()),
        open=await statements.count_findings(is_open=True),
        may_act=Role.FINANCE in await desk.roles(),
        file_name=file_name,
        faults=tuple(FaultShown(place=one.place, text=one.text.in_(desk.language)) for one in faults[:_FAULTS_MOST]),
        faults_left=max(0, len(faults) - _FAULTS_MOST),
    )


async def one_statement(statement_id: UUID, desk: Desk, fact: DomainError | None = None) -> StatementPage:
    """One: what taking it in would do, or what became of it."""
    one = await statements.find_statement(statement_id)
    is_read = one.state is StatementState.READ
    asked = listing.read(
        url(statement_id), desk.request.query_params, {"state": ("all",) if is_read else tuple(_SHOWN)}
    )
    chosen = asked.chosen["state"]
    if is_read:
        found = await statements.preview_rows(
            statement_id, keyring=desk.services.keyring, limit=listing.PIECE, offset=asked.offset
        )
    else:
        state = None if chosen == "all" else RowState(chosen)
        found = await statements.list_rows(
            statement_id, state=state, keyring=desk.services.keyring, limit=listing.PIECE, offset=asked.offset
        )
    counts = {"all": one.new, "open": one.open, "proposed": one.proposed, "paid": one.paid, "closed": one.closed}
    may_act = Role.FINANCE in await desk.roles()
    return StatementPage(
        **desk.frame(asked.here, fact),
        section=HERE,
        roles=(),
        file_name=one.file_name,
        state=words.STATEMENT_STATES[one.state].in_(desk.language),
        tone="todo" if is_read else "done",
        account_end=one.account[-4:],
        first_day=one.first_day,
        last_day=one.last_day,
        digest=one.digest,
        credits=one.credits,
        debits=one.debits,
        amount=Amount(minor=one.amount_minor, currency=Currency.CNY),
        new=one.new,
        known=one.credits - one.new,
        fitting=one.fitting,
        open=one.open,
        proposed=one.proposed,
        paid=one.paid,
        closed=one.closed,
        notes=tuple(Text(zh=zh, en=en).in_(desk.language) for zh, en in one.notes),
        read_by=await shown_name(one.read_by, desk.services),
        read_at=one.read_at,
        taken_by=await shown_name(one.taken_by, desk.services) if one.taken_by else None,
        taken_at=one.taken_at,
        take_url=f"{url(statement_id)}/take" if is_read and may_act else None,
        filters=()
        if is_read
        else tuple(asked.filter("state", one, text.in_(desk.language), counts[one]) for one, text in _SHOWN.items()),
        rows=tuple(_credit(row, desk, is_read=is_read) for row in found),
        paging=asked.paging(counts[chosen]),
    )


def _row(one: StatementFacts, desk: Desk) -> StatementRow:
    return StatementRow(
        url=url(one.id),
        file_name=one.file_name,
        first_day=one.first_day,
        last_day=one.last_day,
        state=words.STATEMENT_STATES[one.state].in_(desk.language),
        tone="todo" if one.state is StatementState.READ else "done",
        credits=one.credits,
        amount=Amount(minor=one.amount_minor, currency=Currency.CNY),
        open=one.open,
        waits=one.proposed,
    )


def _credit(one: RowFacts, desk: Desk, *, is_read: bool) -> CreditRow:
    said = words.NATURES[one.nature] if one.nature else words.ROW_STATES[one.state]
    leads = None
    if not is_read and one.finding_id is not None:
        leads = f"{FINDINGS}?open={words.finding_number(one.finding_id)}"
    elif not is_read and one.approval_id is not None:
        leads = inbox_mapping.url(one.approval_id)
    return CreditRow(
        number=one.number if one.is_numbered else None,
        day=one.day,
        amount=Amount(minor=one.amount_minor, currency=Currency.CNY),
        payer=one.payer_name or "—",
        remark=one.remark,
        state=said.in_(desk.language),
        tone=_TONES[one.state],
        url=leads,
    )
