"""The verbs about money that needs a person: bank transfers, and refunds that their channel refused for good."""

import sys
from pathlib import Path

import click

from app.cli.arguments import TypedGroup
from app.cli.listing import limited
from app.cli.output import line, say
from app.cli.setup import credentials, done, read_language, read_settings

_EMAIL = "DIANDIAN_OPERATOR_EMAIL"
_BY = click.option(
    "--by", "email", envvar=_EMAIL, required=True, help=f"Somebody of the platform's finance (or {_EMAIL})."
)
_REASON = click.option("--reason", required=True, help="Why; kept with your name.")


@click.group("payment", cls=TypedGroup)
def payment_group() -> None:
    """Payments: bank transfers that came, refunds that a channel refused, and what a person does about them."""


@payment_group.command("refused")
@limited(200)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_refused(*, limit: int, as_json: bool) -> None:
    """The refunds that wait for a person, with the channel's last word; exit 1 where there is one."""
    from app.cli.orders import staff_decisions

    sys.exit(
        staff_decisions.print_refused(
            done(staff_decisions.refused(read_settings(), limit=limit)), read_language(), as_json=as_json
        )
    )


@payment_group.command("refund-again")
@click.argument("reference")
@_BY
@_REASON
def refund_again(*, reference: str, email: str, reason: str) -> None:
    """Ask the channel again for the refund REFERENCE (RF…), for example after its account was filled.

    It is asked under the same number, which pays once only; under a new one where the channel ended the old one.
    """
    from app.cli.orders import staff_decisions

    asked = done(staff_decisions.refund_again(read_settings(), reference, who=credentials(email), reason=reason))
    line(
        say(
            f"{asked} 已再次申请退款；再被拒绝会列在 diandian payment refused",
            f"{asked} is asked for again; `diandian payment refused` tells when it is refused once more",
        )
    )


@payment_group.command("settle-by-hand")
@click.argument("reference")
@_BY
@_REASON
@click.option("--evidence", required=True, help="The number of the transfer by which the money went back.")
def settle_by_hand(*, reference: str, email: str, reason: str, evidence: str) -> None:
    """Propose that the money of REFERENCE went back another way; it ends once another person approves that.

    Only after the money has left: nothing is sent by this.
    """
    from app.cli.approvals import print_proposed
    from app.cli.orders import staff_decisions

    who = credentials(email)
    print_proposed(
        [done(staff_decisions.settle_by_hand(read_settings(), reference, who=who, reason=reason, evidence=evidence))]
    )


@payment_group.command("expected")
@limited(200)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_expected(*, limit: int, as_json: bool) -> None:
    """The bank transfers that we wait for, the oldest first: who owes what, and the remark to find it by."""
    from app.cli.orders import transfers

    transfers.print_expected(done(transfers.expected(read_settings(), limit=limit)), as_json=as_json)


@payment_group.command("receipt")
@click.argument("remark")
@_BY
@click.option("--amount", required=True, help="What came, in yuan, such as 12400.50.")
@click.option("--bank-number", required=True, help="The bank's own number of it; each is recorded once.")
@click.option("--payer-name", required=True, help="The payer's name as the bank says it.")
@click.option("--value-day", required=True, help="The day it came, such as 2026-11-27.")
def record_receipt(*, remark: str, email: str, amount: str, bank_number: str, payer_name: str, value_day: str) -> None:
    """Record what came to our bank account for the payment with this REMARK; it is paid once another person approves it.

    Copy it from the bank's list. Another amount than the one expected is refused: transfer it back to its payer.
    """
    from app.cli.approvals import print_proposed
    from app.cli.orders import transfers

    typed = {
        "remark": remark, "amount": amount, "bank_number": bank_number, "payer_name": payer_name, "value_day": value_day,
    }  # fmt: skip
    print_proposed([done(transfers.record(read_settings(), typed, who=credentials(email)))])


@payment_group.command("statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_BY
@click.option("--take", "is_taken", is_flag=True, help="Take it in; without, nothing counts yet.")
def read_statement(*, file: Path, email: str, is_taken: bool) -> None:
    """Read the bank's statement FILE, a CSV or XLSX: what fits a payment, and what does not.

    With --take its new rows count: what fits is recorded in your name and paid once another person approves it.
    """
    from app.cli.orders import statements

    told = done(statements.read(read_settings(), file, is_taken=is_taken, who=credentials(email)))
    sys.exit(statements.print_told(told))


@payment_group.command("parked")
@limited(200)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_parked(*, limit: int, as_json: bool) -> None:
    """The authentic messages of channels that fit no payment, the oldest first, and why; exit 1 where there is one."""
    from app.cli.orders import parked_notices

    sys.exit(parked_notices.print_parked(done(parked_notices.parked(read_settings(), limit=limit)), as_json=as_json))


@payment_group.command("decide")
@click.argument("notice", type=click.IntRange(1, 2**62))
@click.argument("decision", type=click.Choice(["refund", "note"]))
@_BY
@_REASON
def decide(*, notice: int, decision: str, email: str, reason: str) -> None:
    """Propose what becomes of the parked NOTICE: its money goes back at the channel, or it is noted why not; another agrees."""
    from app.cli.approvals import print_proposed
    from app.cli.orders import parked_notices

    print_proposed(
        [done(parked_notices.propose(read_settings(), notice, decision, who=credentials(email), reason=reason))]
    )
