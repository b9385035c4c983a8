"""Facts about credits that stop a use case."""

from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class CreditsExhausted(Conflict):
    """The open lots hold less than the demand. Nothing has moved."""

    code = "credits.exhausted"
    text = Text(zh="可用减排量不足，请选择其他类型。", en="Not enough credits left; please choose another type.")

    def __init__(self, *, demand_g: int, open_g: int) -> None:
        super().__init__(demand_g=demand_g, open_g=open_g)


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


class ReservationUsed(Conflict):
    """The grams set aside for this purpose have been handed over to a retirement already."""

    code = "credits.reservation_used"
    text = Text(zh="该预留已用于注销。", en="This reservation has already been retired.")
