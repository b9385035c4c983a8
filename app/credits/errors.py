"""Facts about credits that stop a use case."""

from app.kernel.errors import Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class PriceUnknown(NotFound):
    """No price of the programme is valid on that day in that currency."""

    code = "credits.price_unknown"
    text = Text(zh="该类型减排量暂无报价。", en="There is no price for this type of credit yet.")


class SerialUnreadable(Invalid):
    """A registry's serial that its programme's parser cannot read."""

    code = "credits.serial_unreadable"
    text = Text(zh="无法识别序列号 {serial}（{programme}）。", en="The serial {serial} ({programme}) cannot be read.")
    field = "/serial"


class LotOverlaps(RuleBroken):
    """The block, or its trade number, is already in a lot of ours."""

    code = "credits.lot_overlaps"
    text = Text(
        zh="序列号 {serial} 与已有批次重叠，未导入。",
        en="The serial {serial} overlaps a lot we hold; it was not imported.",
    )
    field = "/serial"
