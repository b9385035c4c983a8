"""The bank's statements at a terminal: read a file, say what it would do, and take it in."""

import asyncio
from pathlib import Path

from app import wiring
from app.cli.listing import Listed, print_cut
from app.cli.orders import staff_decisions
from app.cli.orders.joint import Who, signed_in
from app.cli.output import line, read_language, say
from app.cli.setup import database
from app.commerce import statements
from app.commerce.statements import RowFacts, StatementFacts, StatementUnfit
from app.foundation.identity import Role
from app.kernel import money
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.views.orders import statements as words
from config.settings import Settings

_ROWS_MOST = 200


async def read(
    settings: Settings, file: Path, *, is_taken: bool, who: Who
) -> tuple[StatementFacts, Listed[RowFacts]] | StatementUnfit:
    """Read a file, and take it in where that is asked for; what its new rows are, or every fault of it.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        What `statements.read` and `statements.take` raise.
    """
    data = await asyncio.to_thread(file.read_bytes)
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await staff_decisions.demand(who, person_id, Role.FINANCE)
        gateways, keyring = wiring.gateways(settings), wiring.keyring(settings)
        try:
            statement_id = await statements.read(
                file.name, data, by=person_id, channels=gateways.channels, keyring=keyring, now=utc_now()
            )
            if is_taken:
                await statements.take(statement_id, by=person_id, keyring=keyring)
        except StatementUnfit as unfit:
            return unfit
        finally:
            await gateways.aclose()
        one = await statements.find_statement(statement_id)
        if one.taken_at is None:
            rows = await statements.preview_rows(statement_id, keyring=keyring, limit=_ROWS_MOST)
        else:
            rows = await statements.list_rows(statement_id, keyring=keyring, limit=_ROWS_MOST)
        return one, Listed(rows, one.new)


def print_told(told: tuple[StatementFacts, Listed[RowFacts]] | StatementUnfit) -> int:
    """Either of them; answers the exit code."""
    if isinstance(told, StatementUnfit):
        _print_unfit(told)
        return 1
    _print_statement(*told)
    return 0


def _print_unfit(unfit: StatementUnfit) -> None:
    """Every fault, where it is and what would be right."""
    for fault in unfit.faults:
        where = f"{fault.place}  " if fault.place else ""
        line(f"✘ {where}{fault.text.in_(read_language())}", err=True, hang=2)
    count = len(unfit.faults)
    line(say(f"{count} 处需要更正，未导入任何内容", f"to correct: {count}; nothing was taken in"), err=True)


def _print_statement(one: StatementFacts, rows: Listed[RowFacts]) -> None:
    """What it adds up to, each new row with what becomes of it, and what was not read."""
    state = words.STATEMENT_STATES[one.state].in_(read_language())
    amount = money.text(one.amount_minor, Currency.CNY)
    line(f"{words.number_of(one.id)}  {one.first_day} – {one.last_day}  {state}")
    known = one.credits - one.new
    line(
        say(
            f"到账 {one.credits} 笔，共 {amount}；新 {one.new} 笔，先前已导入 {known} 笔；出账等 {one.debits} 行未读取",
            f"credits {one.credits}, {amount}; new {one.new}, here already {known}; debits not read {one.debits}",
        ),
        hang=2,
    )
    for row in rows.rows:
        said = words.NATURES[row.nature] if row.nature else words.ROW_STATES[row.state]
        name = f"{row.payer_name or '—'}  {said.in_(read_language())}"
        line(f"  {row.day}  {money.text(row.amount_minor, Currency.CNY):>14}  {name}", hang=4)
    print_cut(rows, as_json=False)
    for zh, en in one.notes:
        line(say(zh, en), hang=2)
    if one.taken_at is None:
        line(say("尚未导入：加 --take 导入", "nothing is taken in yet: say --take"))
