"""Facts about zones that stop a use case."""

from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class ZoneUnknown(NotFound):
    """No zone has this slug."""

    code = "zones.zone_unknown"
    text = Text(zh="没有找到这个专区。", en="There is no such zone.")


class ZoneFileUnfit(Invalid):
    """A zone's file says something that cannot be; every fault is told with its key."""

    code = "zones.file_unfit"
    text = Text(zh="{file} 有误：{problem_zh}。", en="{file} cannot be used: {problem_en}.")


class ZoneOwnerUnknown(RuleBroken):
    """No verified organisation has the register number that the file names as owner."""

    code = "zones.owner_unknown"
    text = Text(
        zh="没有登记号为 {register} 的已核验机构；请先登记并核验专区的归属机构。",
        en="No verified organisation is registered as {register}; enter and verify the zone's owner first.",
    )
    field = "/owner"


class ZoneOwnerStays(RuleBroken):
    """The zone of this slug is another organisation's."""

    code = "zones.owner_stays"
    text = Text(
        zh="专区 {slug} 属于另一家机构；专区以简称为身份，换机构请用新的 slug。",
        en="Zone {slug} belongs to another organisation. The slug is the zone's identity: choose another one.",
    )
    field = "/slug"


class ZoneSceneUnfit(RuleBroken):
    """A scene of the file cannot be in the zone."""

    code = "zones.scene_unfit"
    text = Text(zh="场景 {scene} 不能放进专区：{problem_zh}。", en="Scene {scene} cannot be in the zone: {problem_en}.")


class ZoneSceneLeftOut(RuleBroken):
    """A scene that is in the zone is missing from the new version; what its visitors retired is counted there."""

    code = "zones.scene_left_out"
    text = Text(
        zh="新版本缺少场景 {scene}；场景进入专区后不能移出，可以关闭。",
        en="The new version leaves scene {scene} out. A scene stays in its zone; it may be closed.",
    )
    field = "/scenes"


class ZoneOvertaken(Conflict):
    """Another version was published since this one was proposed."""

    code = "zones.overtaken"
    text = Text(
        zh="专区在提交之后已有新版本，请重新提交。", en="Another version was published since; please propose it again."
    )
