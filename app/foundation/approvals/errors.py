"""Facts about approvals that stop a use case."""

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from app.kernel.text import Text


class ApprovalUnknown(NotFound):
    """There is none with this number."""

    code = "approval.unknown"
    text = Text(zh="没有这件复核。", en="There is no such approval.")


class ApprovalKindUnknown(NotFound):
    """No room brought this kind."""

    code = "approval.kind_unknown"
    text = Text(zh="没有“{kind}”这类复核。", en="There is no approval of kind {kind}.")


class ApprovalPending(Conflict):
    """Another text about the same thing waits."""

    code = "approval.pending"
    text = Text(
        zh="“{subject}”已有一份内容不同的提请待复核，请先处理那一份。",
        en="Another proposal about {subject} waits; please decide that one first.",
    )


class ApprovalDecided(Conflict):
    """It is final."""

    code = "approval.decided"
    text = Text(
        zh="这件复核“{state_zh}”，不能再这样操作。", en="This approval is {state_en}; that cannot be done any more."
    )


class ApprovalChanged(Conflict):
    """The digest is not that of what is written."""

    code = "approval.changed"
    text = Text(
        zh="您看到的内容与现在的不一致，请刷新后重新核对。",
        en="This is not what you were shown; please reload and look again.",
    )


class SamePerson(Forbidden):
    """The second person is the first one."""

    code = "approval.same_person"
    text = Text(zh="提请人不能复核自己的提请。", en="Nobody may decide about what they proposed themselves.")


class DeciderInterested(Forbidden):
    """Whoever decides stands for somebody whom the payload names as payer, holder, beneficiary or applicant."""

    code = "approval.interested"
    text = Text(
        zh="您属于这件事的当事方，请由其他人复核。",
        en="You stand for one of the parties concerned; somebody else must decide.",
    )


class ApprovalRoleMissing(Forbidden):
    """One of the two has no role for it now."""

    code = "approval.role_missing"
    text = Text(
        zh="您或提请人现在没有办理此事的角色。", en="You, or whoever proposed it, have no role for this at present."
    )


class NotTheMaker(Forbidden):
    """Only who proposed it takes it back, or writes another in its place."""

    code = "approval.not_the_maker"
    text = Text(zh="只有提请人可以撤回或改写。", en="Only the person who proposed it may withdraw or replace it.")


class ApprovalReasonUnfit(Invalid):
    """No reason, or one of more than 400 characters."""

    code = "approval.reason_unfit"
    text = Text(zh="请写明原因，2 至 400 个字。", en="Please say why, in 2 to 400 characters.")
    field = "/reason"
