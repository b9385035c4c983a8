"""Facts about holdings that stop a use case.

Two codes begin with `credits`: they are older than this room, and a code never changes.
"""

from collections.abc import Mapping

from app.kernel import mass
from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class CreditsExhausted(Conflict):
    """The open lots hold less than the demand. Nothing has moved.

    `missing` says how many grams of which programme; what a preference lacks stands under its last one.
    """

    code = "credits.exhausted"
    text = Text(
        zh="可用减排量不足（缺 {lacking}），请选择其他类型。",
        en="Not enough credits left ({lacking} short); please choose another type.",
    )

    def __init__(self, *, demand_g: int, missing: Mapping[str, int], field: str | None = None) -> None:
        lacking = ", ".join(f"{programme} {mass.text(grams)}" for programme, grams in missing.items())
        super().__init__(
            field=field,
            demand_g=demand_g,
            open_g=demand_g - sum(missing.values()),
            missing=dict(missing),
            lacking=lacking,
        )


class ReservationUsed(Conflict):
    """The grams set aside for this cause have been handed over to a retirement already."""

    code = "credits.reservation_used"
    text = Text(zh="该预留已用于注销。", en="This reservation has already been retired.")


class ReservedOtherwise(Conflict):
    """This cause holds a reservation of another holder, mass or mix. Nothing has moved."""

    code = "holdings.reserved_otherwise"
    text = Text(zh="同一事由已有内容不同的预留。", en="Something else is set aside for this cause already.")


class CauseTaken(Conflict):
    """This cause moved other grams before, or between others. Nothing has moved."""

    code = "holdings.cause_taken"
    text = Text(zh="同一事由已有内容不同的划转。", en="This cause has transferred something else before.")


class SameAccount(RuleBroken):
    """Source and target are one account: there is nothing to move."""

    code = "holdings.same_account"
    text = Text(zh="转出账户与转入账户不能相同。", en="Source and target must be two accounts.")
    field = "/target"


class AccountUnfit(Invalid):
    """No account can have this name."""

    code = "holdings.account_unfit"
    text = Text(zh="账户“{account}”无效。", en="There can be no account named {account}.")
    field = "/account"


class AccountUnknown(NotFound):
    """No such account, or none that this person may see."""

    code = "holdings.account_unknown"
    text = Text(zh="没有找到这个账户。", en="There is no such account.")
    field = "/account"


class AccountTaken(Conflict):
    """An account of this name belongs to somebody else."""

    code = "holdings.account_taken"
    text = Text(zh="账户名 {account} 已被使用。", en="The account name {account} is taken.")
    field = "/account"


class MixUnfit(Invalid):
    """A mix that says nothing, too much, or one programme twice."""

    code = "holdings.mix_unfit"
    text = Text(zh="组合无效：{problem_zh}", en="The mix cannot be used: {problem_en}")
    field = "/mix"


class ProgrammeNotAccepted(RuleBroken):
    """The scheme does not recognise one or more of the programmes asked for."""

    code = "holdings.programme_not_accepted"
    text = Text(zh="{scheme_zh}不认可 {programmes}。", en="{scheme_en} does not accept {programmes}.")
    field = "/mix"


class SchemeUnknown(NotFound):
    """No recognition scheme of that name; the facts name those there are."""

    code = "holdings.scheme_unknown"
    text = Text(zh="没有名为 {name} 的互认方案；现有：{known}。", en="There is no scheme {name}; there are {known}.")
    field = "/scheme"


class RecognitionFileBroken(Invalid):
    """A recognition table that may not be used; the place of the first fault is named."""

    code = "holdings.recognition_file_broken"
    text = Text(
        zh="{file} 第 {row} 行，{column} 列：{problem_zh}", en="{file}, row {row}, column {column}: {problem_en}"
    )
