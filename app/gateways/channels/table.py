"""The table of channels: one row for each way to be paid. Settings, notices' door, doctor and clearing accounts follow it.

A channel is used where its settings are set. How one is added: CONTRIBUTING.md.
"""

from typing import Final

from app.gateways.channels import alipay, bank, ecny_cmb, paypal, wechatpay
from app.gateways.channels.kinds import Kind

CHANNELS: Final[tuple[Kind, ...]] = (
    wechatpay.KIND,
    alipay.KIND,
    ecny_cmb.KIND,
    paypal.KIND,
    bank.KIND,
)  # fmt: skip
"""In the order in which they are offered where nothing else decides."""


def find_kind(name: str, *, kinds: tuple[Kind, ...] = CHANNELS) -> Kind | None:
    """The row of that name; None for one that was taken from the table while its payments stay."""
    return next((kind for kind in kinds if kind.name == name), None)
