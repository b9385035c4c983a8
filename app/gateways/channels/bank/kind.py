"""对公转账 as a row of the table of channels: whose account it is, and how long credits wait for it."""

from typing import Final

from app.gateways.channels.bank.channel import Bank
from app.gateways.channels.bank.methods import LABEL, MARK, NAME, WORKDAYS, WORKDAYS_MOST, transfer
from app.gateways.channels.kinds import Kind, Knob, Surroundings, Values
from app.kernel.text import Text

_CONTRACT: Final = Text(zh="开户行的账户证明", en="the bank's confirmation of the account")
KNOBS: Final = (
    Knob(
        name="holder", about="Whose account it is, as the bank has it.", is_required=True, found=_CONTRACT,
        sandbox_start="SANDBOX",
    ),
    Knob(name="branch", about="The bank and its branch.", is_required=True, found=_CONTRACT, sandbox_start="SANDBOX"),
    Knob(name="account", about="The account's number.", is_required=True, found=_CONTRACT, sandbox_start="SANDBOX"),
    Knob(
        name="workdays", about=f"Working days that credits wait for a transfer, 1 to {WORKDAYS_MOST}.",
        default=str(WORKDAYS),
        found=Text(zh="由财务决定", en="finance decides"),
    ),
)  # fmt: skip


def build(values: Values, around: Surroundings) -> Bank:
    """One account's channel.

    Raises:
        ValueError: a number of working days that is none.
    """
    del around
    typed = values.get("workdays") or str(WORKDAYS)
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 2 and 1 <= int(typed) <= WORKDAYS_MOST):
        raise ValueError(f"workdays is {typed!r}, not 1 to {WORKDAYS_MOST}")
    return Bank(holder=values["holder"], bank=values["branch"], account=values["account"], workdays=int(typed))


KIND: Final = Kind(
    name=NAME, label=LABEL, mark=MARK, methods=(transfer(WORKDAYS),), knobs=KNOBS, build=build, bill_after=None
)
