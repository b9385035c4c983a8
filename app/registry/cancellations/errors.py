"""Facts about upstream cancellation that stop a use case."""

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class LotUnknown(NotFound):
    """No lot has this code."""

    code = "cancellation.lot_unknown"
    text = Text(zh="没有批次 {lot}。", en="There is no lot {lot}.")
    field = "/lot"


class CancellationUnknown(NotFound):
    """No cancellation has this number."""

    code = "cancellation.unknown"
    text = Text(zh="没有这笔上游注销。", en="There is no such upstream cancellation.")


class NothingToCancel(RuleBroken):
    """Every tonne of the lot that holds a retired gram is cancelled, or on its way to it."""

    code = "cancellation.nothing_to_cancel"
    text = Text(
        zh="批次 {lot} 的已注销部分都已在上游注销或正在办理。",
        en="All that was retired of lot {lot} is cancelled upstream, or on its way.",
    )
    field = "/lot"


class TonnesTaken(Conflict):
    """Somebody proposed these tonnes in the same moment."""

    code = "cancellation.tonnes_taken"
    text = Text(
        zh="批次 {lot} 的这些吨刚刚被他人提请，请刷新后查看。",
        en="Somebody has just proposed these tonnes of lot {lot}; please reload.",
    )
    field = "/lot"


class TonnesChanged(Conflict):
    """More was retired, or another proposal made or ended, since the tonnes were shown."""

    code = "cancellation.tonnes_changed"
    text = Text(
        zh="批次 {lot} 可提请的吨数之后有变化，请重新核对。",
        en="Other tonnes of lot {lot} are next by now; please look again.",
    )
    field = "/lot"


class ModeUnavailable(Invalid):
    """No wire leads to this programme's registry: it must be done by hand."""

    code = "cancellation.mode_unavailable"
    text = Text(
        zh="{programme} 的登记机构没有接口，请改为人工办理。",
        en="There is no connection to the registry of {programme}; please do it by hand.",
    )
    field = "/mode"


class NotTheMaker(Forbidden):
    """Only who proposed it reports it, or takes it back."""

    code = "cancellation.not_the_maker"
    text = Text(zh="只有提请人可以填报回执或撤回。", en="Only the person who proposed it may report it or withdraw it.")


class AlreadyDecided(Conflict):
    """Its state does not allow this any more."""

    code = "cancellation.already_decided"
    text = Text(
        zh="这笔上游注销已是“{state_zh}”，不能再这样操作。",
        en="This cancellation is “{state_en}”; that cannot be done any more.",
    )


class EvidenceTooLarge(Invalid):
    """A proof of more than 2 MB."""

    code = "cancellation.evidence_too_large"
    text = Text(zh="凭证不得超过 {most_mb} MB。", en="The proof may have at most {most_mb} MB.")
    field = "/evidence"


class EvidenceUnfit(Invalid):
    """No file, an empty one, or one whose first bytes are of another kind than we keep."""

    code = "cancellation.evidence_unfit"
    text = Text(
        zh="请上传 PDF、PNG、JPG 或 XLSX 格式的凭证；按文件内容判断，不看扩展名。",
        en="Please upload the proof as PDF, PNG, JPG or XLSX; its content decides, not its name.",
    )
    field = "/evidence"


class ReferenceUnfit(Invalid):
    """The registry's number is missing, too long, or holds characters no registry prints."""

    code = "cancellation.reference_unfit"
    text = Text(
        zh="请填写登记机构的注销编号，3 至 64 个字母、数字或 -_./ 。",
        en="Please enter the registry's number: 3 to 64 letters, digits or -_./ .",
    )
    field = "/registry_reference"


class ReferenceUsed(Conflict):
    """The registry's number proves another cancellation already."""

    code = "cancellation.reference_used"
    text = Text(
        zh="登记机构编号 {number} 已用于另一笔上游注销。",
        en="The registry's number {number} already proves another cancellation.",
    )
    field = "/registry_reference"


class DayUnfit(RuleBroken):
    """The day of cancelling lies in the future, before the lot was issued, or is none."""

    code = "cancellation.day_unfit"
    text = Text(
        zh="注销日期应在 {first} 至 {last} 之间。", en="The day of cancelling must lie between {first} and {last}."
    )
    field = "/cancelled_on"


class ReasonUnfit(Invalid):
    """Sent back or withdrawn without a reason, or with more than 400 characters."""

    code = "cancellation.reason_unfit"
    text = Text(zh="请写明原因，2 至 400 个字。", en="Please say why, in 2 to 400 characters.")
    field = "/reason"
