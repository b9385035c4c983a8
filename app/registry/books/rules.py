"""What a look at the books says, and how lines of many lots become one figure. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.kernel.text import Text


class RunKind(StrEnum):
    """How far a look went."""

    PROOF = "proof"
    """From the first gram and the first entry on."""
    RECONCILIATION = "reconciliation"
    """What moved lately, added up again on what stood before."""


@dataclass(frozen=True, slots=True)
class Line:
    """One check of one lot, or of all where `lot_id` is None: so much was expected, so much was found."""

    check: str
    lot_id: int | None
    is_ok: bool
    expected: int
    found: int
    detail: tuple[str, ...] = ()
    """What is damaged, by id, lot and gram, at most twenty; of `upstream` also the gap, which is no fault."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One check over all its lots."""

    check: str
    is_ok: bool
    expected: int
    found: int
    lots: int
    """How many lots it was asked of; 0 where it is asked once for all."""


@dataclass(frozen=True, slots=True)
class Run:
    """One look, as it was written down."""

    kind: RunKind
    scope: str
    started_at: datetime
    finished_at: datetime
    checked: tuple[Counted, ...]
    differences: tuple[Line, ...]

    @property
    def is_balanced(self) -> bool:
        """Whether nothing differed."""
        return not self.differences

    def found(self, check: str) -> int:
        """The figure of one check; 0 where this look did not ask it."""
        return next((one.found for one in self.checked if one.check == check), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksStatus:
    """How the books stand by all that was looked at."""

    as_of: datetime
    """When somebody looked last."""
    differences: int
    """Found since everything was last compared, that time included; 0: balanced."""
    proof: Run | None
    """The newest proof of everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotBalance:
    """Where the grams of one lot are. Open, reserved, held and retired add up to issued."""

    lot_id: int
    code: str
    programme: str
    vintage: int
    issued_g: int
    open_g: int
    reserved_g: int
    retired_g: int
    cancelled_g: int
    """Cancelled at the registry, in whole tonnes; may exceed what is retired by less than one."""
    gap_since: datetime | None
    """When the oldest gram was retired that the registry has not cancelled; None where there is none."""

    @property
    def held_g(self) -> int:
        """With holders that bought ahead."""
        return self.issued_g - self.open_g - self.reserved_g - self.retired_g

    @property
    def gap_g(self) -> int:
        """Retired here and not yet cancelled at the registry."""
        return max(0, self.retired_g - self.cancelled_g)


MEANINGS: Final = {
    "slices_chained": Text(
        zh="每个区段从上一个区段的末尾开始，无空缺、无重叠", en="Every slice begins where the one before it ends"
    ),
    "slices_measured": Text(zh="每个区段的质量等于其起止之差", en="Every slice weighs what it spans"),
    "ranges_chained": Text(zh="分配区间首尾相接", en="Allocations follow each other without a gap"),
    "ranges_tiled": Text(zh="每个分配区间恰由其区段铺满", en="Every allocation is tiled by its own slices"),
    "slices_are_retired": Text(zh="区段合计等于账本中的已注销量", en="Slices add up to what the ledger retired"),
    "cursor_stands": Text(zh="游标停在最后一个区段之后", en="Cursors stand behind the last slice"),
    "lots_agree": Text(zh="每个批次的游标、区段与账本一致", en="Cursor, slices and ledger agree on every lot"),
    "within_lot": Text(zh="注销不超过批次总量", en="Nothing is retired beyond its lot"),
    "lot_in_ledger": Text(zh="每个批次的总量都在账本中", en="Every gram of a lot is in the ledger"),
    "tonnes_once": Text(zh="按登记机构与吨号，每一吨只在一个批次中", en="Every tonne of a registry is in one lot"),
    "approvals": Text(
        zh="每份已同意的复核恰有一个结果，每个结果都有复核",
        en="Every approval has its one effect, and every effect its approval",
    ),
    "upstream": Text(zh="上游注销不重叠、不超出批次", en="Nothing is cancelled twice or beyond its lot"),
    "grams_at_home": Text(zh="每一克都在本平台的账户中", en="Every gram lies in an account of the house"),
    "reserved_for_somebody": Text(zh="预留的每一克都有其预留单", en="Every gram set aside is set aside for somebody"),
    "used_is_retired": Text(zh="每份已使用的预留恰有一笔注销", en="Every used reservation is of one retirement"),
    "requested_is_coming": Text(
        zh="每笔已申请的注销都在等待结算", en="Every requested retirement has its job before it"
    ),
    "retirements_cut": Text(
        zh="每笔注销等于其明细与区段，未结算的没有区段", en="Every retirement is its lines and its slices"
    ),
    "unit_is_zero": Text(zh="每个单位的余额合计为零", en="The balances of every unit add up to zero"),
    "above_floor": Text(zh="没有账户低于余额下限", en="No account is below its floor"),
    "balances_are_entries": Text(zh="每个余额等于其分录之和", en="Every balance is the sum of its entries"),
    "entries_run_on": Text(zh="每条分录留下的余额正确", en="Every entry left the balance it makes"),
    "transfers_whole": Text(zh="每笔转账分录齐全、合计为零", en="Every transfer is whole and adds up to zero"),
    "certified": Text(zh="每笔已结算的注销有一张证书，或正在制证", en="Every settled retirement has its certificate"),
    "records_unchanged": Text(zh="每份存证记录与其指纹一致", en="Every record is what was hashed"),
    "records_tell": Text(zh="每份证书所载区段与注销一致", en="Certificates say what was cut for them"),
    "split_whole": Text(
        zh="拆分的预留恰等于其各份之和", en="What was set aside for many is what each of them was given of it"
    ),
    "gift_line": Text(zh="每个赠碳池已领取的克数首尾相接", en="What was collected of a pool is a line without a gap"),
    "gift_sets": Text(zh="每批领取等于其各份领取与批次段", en="Every set of gifts is its collections and its lots"),
    "gift_retired": Text(
        zh="每份领取的赠碳都已注销或进入领取人账户，或即将如此",
        en="Every gift that was collected is retired or in its account, or will be",
    ),
    "gift_cards": Text(
        zh="每张礼品卡发出的克数等于已用、赠出与剩余之和，逐笔有记录",
        en="Every gift card is its uses, what it gave and what it has left, line by line",
    ),
    "gift_promises": Text(zh="礼品卡池存有全部在用卡的余额", en="Every pool of cards keeps what its live cards have"),
    "gift_uses": Text(
        zh="账户里的赠碳按先后逐笔使用，每笔都已申请注销",
        en="Gifts in accounts are used in turn, and every use is a retirement",
    ),
    "gift_transfers": Text(
        zh="每份被收下的转赠都恰好划转一次，或成为一张卡，克数相符",
        en="Every gift that one person took from another went over once, or is a card of theirs, to the gram",
    ),
    "gift_held": Text(zh="每个账户都存有获赠而未用的克数", en="Every account keeps what it was given and has not used"),
    "donations_moved": Text(
        zh="每笔捐赠恰是一笔划入专区账户的转账，每笔这样的转账都是捐赠",
        en="Every donation is the one transfer into its zone's account, and every such transfer a donation",
    ),
    "donations_kept": Text(
        zh="捐赠给专区的每一克都在其账户中或已注销", en="Whatever was given to a zone is in its account or retired"
    ),
    "donation_boards": Text(
        zh="每份贡献榜等于账本中的捐赠之和，名次无误", en="Every contribution board is what the donations add up to"
    ),
    "donation_tallies": Text(
        zh="专区页面上的合计等于账本中逐笔相加之和", en="What zones say in all is what was given and retired, added up"
    ),
    "donation_papers": Text(zh="每笔捐赠有一张证书，或正在制证", en="Every donation has its certificate"),
    "register_counts": Text(zh="登记号从一起连续", en="Register numbers have no gap"),
    "orders_add_up": Text(zh="每个订单的克数与金额等于其明细之和", en="Every order is the sum of its lines and prices"),
    "orders_retired": Text(
        zh="已付订单的每一份都已申请注销或交付入账，未付的没有",
        en="Every line of a paid order is retired for or delivered, of no other",
    ),
    "orders_returned": Text(
        zh="退回的每一克都回到库存，其款项都在退还", en="Whatever is given back is in stock, and its money on its way"
    ),
    "claims_upstream": Text(
        zh="判为上游已注销的声明，其每一克都已在登记机构注销", en="Claims judged as cancelled upstream are, to the gram"
    ),
    "orders_paid": Text(zh="每笔销售都有一笔留下的付款", en="Everything that is sold has a payment that stays"),
    "money_is_paid": Text(
        zh="账本中的款项等于支付、销售与退款所得", en="The ledger's money is what was paid, sold and given back"
    ),
    "receipts_paid": Text(
        zh="每笔对公转账恰有一份两人确认的到账记录",
        en="Every payment by bank transfer has the one receipt that two people agreed to",
    ),
    "bank_money": Text(
        zh="银行账户的账面等于到账合计减去退款合计", en="The bank's account holds what came less what went back"
    ),
    "money_by_kind": Text(
        zh="每类事项的付款等于其销售、预收与退款之和，分毫不差",
        en="Of each kind, what was paid is sold, waits or went back",
    ),
    "sales_posted": Text(
        zh="每笔销售与冲回在账本中各有其记账", en="Every sale, and what is reversed of it, is posted as it is"
    ),
    "bills_signed": Text(
        zh="每个已签认的对账日仍与账单、支付和账本一致，差异都有说明",
        en="Every day of bills that was signed still agrees with payments and ledger, but for what was explained",
    ),
    "statement_rows_paid": Text(
        zh="银行对账单中每笔记为已支付的到账，都有同金额的到账记录",
        en="Every row of the bank's statements that counts as paid has a receipt with its amount",
    ),
    "checkpoints_chained": Text(
        zh="每个检查点与其封存时一致，首尾相连", en="Every checkpoint is as it was sealed, on the one before it"
    ),
    "waiting_is_found": Text(
        zh="每项等待处理的消息、付款、订单与预留都在其待办表中",
        en="Whatever waits stands where it is looked for",
    ),
    "recovered": Text(
        zh="没有丢失的时段，或其应做的每一步都已做完", en="No time was lost, or every step it asks for is done"
    ),
    "tallies_count": Text(zh="场景累计等于其注销", en="Scenes tell what was retired for them"),
}
"""What each check says when it holds, in the order they are told."""
GRAMS: Final = frozenset(
    {"slices_are_retired", "cursor_stands", "within_lot", "lot_in_ledger", "upstream", "reserved_for_somebody"}
)
"""The checks whose figures are grams; those of the others count rows, and `unit_is_zero` sums of both kinds."""


def in_order(checked: Iterable[Counted]) -> tuple[Counted, ...]:
    """In the order of `MEANINGS`."""
    order = {check: number for number, check in enumerate(MEANINGS)}
    return tuple(sorted(checked, key=lambda one: order.get(one.check, len(order))))
