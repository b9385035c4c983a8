"""Facts about scenes."""

from app.kernel.errors import Conflict, Gone, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class ScenarioUnknown(NotFound):
    """No published scene has this code."""

    code = "scenario.unknown"
    text = Text(zh="没有找到这个场景，请核对二维码。", en="No such scene; please check the QR code.")


class ScenarioOver(Gone):
    """The scene has ended; nothing can be ordered in it any more."""

    code = "scenario.over"
    text = Text(zh="活动已结束，感谢参与。", en="This event has ended. Thank you.")


class ScenarioAhead(Conflict):
    """The scene has not begun."""

    code = "scenario.ahead"
    text = Text(zh="活动尚未开始。", en="This event has not begun yet.")


class ScenarioPublished(Conflict):
    """The scene is open, or was: what two people agreed upon stays as it is."""

    code = "scenario.published"
    text = Text(zh="该场景已发布，不能再改。", en="This scene is published and stays as it is.")


class ScenarioChanged(Conflict):
    """The draft was written anew after it was proposed; the newer text is not what was shown."""

    code = "scenario.changed"
    text = Text(
        zh="该场景草稿在提请之后已改写，请提请人重新提请。",
        en="This draft was changed after it was proposed; whoever proposed it does so again.",
    )


class ModeNotOffered(RuleBroken):
    """The way of travelling is not one this scene offers, or the distance is beyond its bound."""

    code = "scenario.mode_not_offered"
    text = Text(zh="请选择本场景提供的出行方式和距离。", en="Please choose a way and distance this scene offers.")
    field = "/mode"


class DistanceNotOffered(ModeNotOffered):
    """The way is offered, but not that far: the same code, and a sentence that names the bounds."""

    text = Text(
        zh="本场景的单程公里数需在 {minimum} 与 {maximum} 之间。",
        en="At this scene one way is between {minimum} and {maximum} km.",
    )


class GroupsUnfit(Invalid):
    """The groups of a scene, or what is said of them, cannot be; the field is named."""

    code = "scenario.groups_unfit"
    text = Text(zh="人群设置无效：{problem_zh}。", en="The groups cannot be so: {problem_en}.")


class SceneDraftUnknown(NotFound):
    """No such draft, or it is not yours, or it was discarded."""

    code = "scenario.draft_unknown"
    text = Text(zh="没有找到这份场景草稿，可能已经放弃。", en="No such scene draft; it may have been discarded.")


class SceneDraftChanged(Conflict):
    """The draft was saved by somebody else, or in another window, after this page was opened."""

    code = "scenario.draft_changed"
    text = Text(
        zh="这份草稿在别处改过了。您填的还在下面，看一眼再保存。",
        en="This draft was changed elsewhere. What you typed is still below; please look, then save again.",
    )


class SceneDraftWaits(Conflict):
    """The scene waits for the platform, or is open: it is not discarded any more."""

    code = "scenario.draft_waits"
    text = Text(
        zh="该场景正在等待平台复核或已经开放，不能放弃。",
        en="This scene waits for the platform or is open already; it cannot be discarded.",
    )


class SceneDraftsTooMany(Conflict):
    """An organisation has as many drafts as it may."""

    code = "scenario.drafts_too_many"
    text = Text(
        zh="本机构的草稿已有 {most} 份，请先放弃不用的。",
        en="Your organisation has {most} drafts already; please discard those that you do not need.",
    )


class SceneDraftTooLarge(RuleBroken):
    """More was filled in than a draft keeps."""

    code = "scenario.draft_too_large"
    text = Text(zh="填写的内容太多，请删减一些。", en="This is more than a draft keeps; please take something out.")


class OrganiserUnverified(Conflict):
    """An organisation that two people have not verified yet drafts scenes and puts none forward."""

    code = "scenario.organiser_unverified"
    text = Text(
        zh="主办机构还没有核验，暂时不能提交。草稿已经保存，核验之后再来提交。",
        en="The organiser is not verified yet, so this cannot be submitted. The draft is saved; submit it once it is.",
    )
