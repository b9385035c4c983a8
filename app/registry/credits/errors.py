"""Facts about credits that stop a use case."""

from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class PriceUnknown(NotFound):
    """No price of the programme is valid on that day in that currency."""

    code = "credits.price_unknown"
    text = Text(zh="该类型减排量暂无报价。", en="There is no price for this type of credit yet.")


class SerialUnreadable(Invalid):
    """A text that is no serial of the programme's registries, and why."""

    code = "credits.serial_unreadable"
    text = Text(
        zh="无法识别序列号 {serial}（{programme_zh}）：{reason_zh}。",
        en="The serial {serial} ({programme_en}) cannot be read: {reason_en}.",
    )
    field = "/serial"


class SerialOfAnotherRegistry(RuleBroken):
    """The serial was numbered by a registry that the programme does not draw from."""

    code = "credits.serial_of_another_registry"
    text = Text(
        zh="序列号 {serial} 属于{registry_zh}，{programme_zh}只收{registries_zh}的序列号。",
        en="The serial {serial} is of {registry_en}; {programme_en} takes those of {registries_en} only.",
    )
    field = "/serial"


class SerialDisagrees(RuleBroken):
    """The serial says one thing about the lot and whoever brings it another."""

    code = "credits.serial_disagrees"
    text = Text(
        zh="序列号写明的{what_zh}为 {written}，填写的是 {given}。",
        en="The serial says {what_en} {written}, what was given is {given}.",
    )
    field = "/serial"


class LotUnfit(Invalid):
    """A part of what is said about a lot cannot be; `field` names it."""

    code = "credits.lot_unfit"
    text = Text(zh="所填{what_zh}不合规：{reason_zh}。", en="The {what_en}: {reason_en}.")


class LotNeedsTwo(RuleBroken):
    """The serial does not say which tonnes it covers: somebody proposes the lot, somebody else confirms it."""

    code = "credits.lot_needs_two"
    text = Text(
        zh="序列号 {serial} 不能说明号段，需一人录入、另一人复核。",
        en="The serial {serial} does not say its tonnes: one person proposes such a lot, another confirms it.",
    )
    field = "/serial"


class ProjectDisagrees(RuleBroken):
    """The project is known with another methodology or kind of unit."""

    code = "credits.project_disagrees"
    text = Text(
        zh="项目 {number} 已登记的{what_zh}为 {known}，填写的是 {given}。",
        en="Project {number} is known with {what_en} {known}; what was given is {given}.",
    )
    field = "/project_number"


class LotUnknown(NotFound):
    """No lot has this id."""

    code = "credits.lot_unknown"
    text = Text(zh="未找到该批次。", en="There is no such lot.")


class LotOverlaps(RuleBroken):
    """The block, or its trade number, is already in a lot of ours."""

    code = "credits.lot_overlaps"
    text = Text(
        zh="序列号 {serial} 与已有批次重叠，未导入。",
        en="The serial {serial} overlaps a lot we hold; it was not imported.",
    )
    field = "/serial"


class PriceUnfit(Invalid):
    """The price or its days cannot be."""

    code = "credits.price_unfit"
    text = Text(
        zh="价格须为每吨 1 至 10 亿最小货币单位，且截止日不早于起始日。",
        en="A price is 1 to 1,000,000,000 minor units a tonne, and its last day is not before its first.",
    )
    field = "/per_tonne_minor"


class PriceBackdated(RuleBroken):
    """A price that would begin before today: what was asked on a day stays what was asked."""

    code = "credits.price_backdated"
    text = Text(zh="价格只能从今天或以后生效。", en="A price begins today or later.")


class PriceOverlaps(Conflict):
    """A later price begins before this one would end. Nothing was changed."""

    code = "credits.price_overlaps"
    text = Text(zh="该时段内已有后续价格，请先调整日期。", en="A later price begins within these days; choose others.")
    field = "/valid_to"


class RateUnfit(Invalid):
    """No exchange rate that could be."""

    code = "credits.rate_unfit"
    text = Text(
        zh="汇率写作 1 美元合多少元，如 7.1234，须在 1 与 100 之间，最多六位小数。",
        en="A rate is how many yuan a US dollar is worth, such as 7.1234: between 1 and 100, with six decimals at most.",
    )
    field = "/rate"


class RateAhead(RuleBroken):
    """A rate of a day that is still to come."""

    code = "credits.rate_ahead"
    text = Text(zh="汇率日期不能晚于今天。", en="A rate is of today or of an earlier day.")
    field = "/day"


class RateSourceUnfit(Invalid):
    """A rate without a source that somebody else can look up."""

    code = "credits.rate_source_unfit"
    text = Text(
        zh="须写明来源名称（最多 200 字）和以 https:// 开头的网址（最多 300 字）。",
        en="Name the source (200 characters) and its address, which begins with https:// (300 characters).",
    )
    field = "/source"


class RateUnknown(NotFound):
    """Nobody has confirmed an exchange rate of the currency yet."""

    code = "credits.rate_unknown"
    text = Text(
        zh="暂不支持 {currency}：还没有复核过的汇率。",
        en="{currency} is not offered: no exchange rate is confirmed yet.",
    )
    field = "/currency"


class RateTooOld(Conflict):
    """The newest exchange rate is older than one may be."""

    code = "credits.rate_too_old"
    text = Text(
        zh="暂不支持 {currency}：最近的汇率是 {day} 的，超过 {days} 天。",
        en="{currency} is not offered: the newest exchange rate is of {day}, more than {days} days ago.",
    )
    field = "/currency"


class MethodologyUnknown(NotFound):
    """The programme has no such methodology in our books."""

    code = "credits.methodology_unknown"
    text = Text(
        zh="未找到方法学 {methodology}（{programme}）。", en="There is no methodology {methodology} of {programme}."
    )
    field = "/methodology"


class SuspensionUnfit(Invalid):
    """A suspension lacks its reason in both languages, its source, or a methodology's code."""

    code = "credits.suspension_unfit"
    text = Text(
        zh="暂停方法学须写明编号、中英文说明与来源，各不超过 500 字（编号 64 字）。",
        en="A suspension names the code (64 characters), a note in Chinese and English, and its source (500 each).",
    )
    field = "/note"


class DoubleUnknown(NotFound):
    """The lot was never found to hold tonnes of another."""

    code = "credits.double_unknown"
    text = Text(zh="该批次没有与其他批次重复。", en="This lot is not on the list of doubles.")


class DoubleDecided(Conflict):
    """Two people have decided about this lot before."""

    code = "credits.double_decided"
    text = Text(zh="该批次是否重复已有结论（{decision}）。", en="Two people have decided about this lot ({decision}).")


class DoubleUnfit(Invalid):
    """A decision about a double without its reason, or with too long a one."""

    code = "credits.double_unfit"
    text = Text(zh="须写明理由，不超过 500 字。", en="Give the reason, in at most 500 characters.")
    field = "/note"


class CorrectionUnfit(Invalid):
    """A correction names nothing that may be corrected, a value of another kind, or no reason."""

    code = "credits.correction_unfit"
    text = Text(zh="更正内容不合规：{name}。", en="This cannot be corrected so: {name}.")
    field = "/changes"


class ColumnsUnfit(Invalid):
    """An import sheet in which no headings of the template are found, or no rows below them."""

    code = "credits.columns_unfit"
    text = Text(
        zh="导入表不合模板：{what_zh}。未导入任何内容。",
        en="The sheet is not as its template: {what_en}. Nothing was taken in.",
    )
    field = "/file"
