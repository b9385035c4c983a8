"""Wrapping every data key anew under the current master key, so that the old one may be dropped."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tortoise import Tortoise

from app import wiring
from app.cli.output import line, say
from app.commerce import bills, payments
from app.foundation import identity, webhooks
from app.foundation.identity import Keyring
from app.kernel.text import Text
from app.programmes import donations
from config.settings import Settings

Rewrap = Callable[[Keyring], Awaitable[int]]
KINDS: Final[Mapping[str, tuple[Text, Rewrap]]] = {
    "persons": (Text(zh="个人数据密钥", en="keys of persons"), identity.rewrap_keys),
    "notices": (Text(zh="渠道通知密钥", en="keys of channels' messages"), payments.rewrap_notice_keys),
    "payers": (Text(zh="银行所载付款人密钥", en="keys of payers by transfer"), payments.rewrap_payer_keys),
    "bills": (Text(zh="渠道对账单密钥", en="keys of channels' bills"), bills.rewrap_bill_keys),
    "webhooks": (Text(zh="接收端密钥", en="keys of webhook endpoints"), webhooks.rewrap_keys),
    "agreements": (Text(zh="捐赠协议密钥", en="keys of donation agreements"), donations.rewrap_agreements),
}
"""Everything that a master key wraps."""


async def rewrap(settings: Settings) -> dict[str, int]:
    """How many of each kind were wrapped anew; all zero where none is left. May run beside everything, and twice."""
    await wiring.open_database(settings)
    try:
        ring, done = wiring.keyring(settings), dict.fromkeys(KINDS, 0)
        for kind, (_, each) in KINDS.items():
            while found := await each(ring):
                done[kind] += found
        return done
    finally:
        await Tortoise.close_connections()


def print_rewrapped(done: Mapping[str, int], current: str) -> None:
    """A line for each kind, and what may be done now."""
    for kind, count in done.items():
        name = KINDS[kind][0]
        line(say(f"{name.zh}：{count} 个已换", f"{name.en}: {count} wrapped anew"))
    line(
        say(
            f"都由主密钥 {current} 包裹；不再有备份需要旧主密钥之后，可以把它删去。",
            f"All are wrapped by master key {current}; once no backup needs the old one, it may be dropped.",
        )
    )
