"""Facts about the big screen that stop a use case."""

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Overloaded
from app.kernel.text import Text


class ScreenUnknown(NotFound):
    """No screen is opened by this token, or not any more: both look the same."""

    code = "wall.screen_unknown"
    text = Text(
        zh="屏幕链接无效或已停用，请向主办方索取新的链接。",
        en="This link opens no screen, or no longer; ask the organiser for a new one.",
    )


class WallClosed(Conflict):
    """The scene has no big screen, or it was closed."""

    code = "wall.closed"
    text = Text(zh="这个场景没有开启大屏。", en="This scene has no big screen.")


class WallUnfit(Invalid):
    """A big screen cannot be set up so."""

    code = "wall.unfit"
    text = Text(zh="大屏设置无效：{problem_zh}。", en="The screen cannot be set up so: {problem_en}.")


class ScreensTooMany(Conflict):
    """The scene has as many screens as it may have."""

    code = "wall.screens_too_many"
    text = Text(zh="屏幕链接已达 {most} 个，请先停用一个。", en="There are {most} screens already; end one first.")

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)


class TurnUnknown(NotFound):
    """There is no such turn on this screen."""

    code = "wall.turn_unknown"
    text = Text(zh="没有这一次上屏。", en="There is no such turn.")


class PictureUnknown(NotFound):
    """The person has another picture by now, none, or has not agreed that it is shown."""

    code = "wall.picture_unknown"
    text = Text(
        zh="这张头像已更换、已删除，或本人没有同意展示，请刷新页面。",
        en="This picture was changed or deleted, or its person did not agree to it; load the page again.",
    )


class NotForWall(Forbidden):
    """What a court or an agency ordered is never shown, nor what an organisation claims."""

    code = "wall.not_for_it"
    text = Text(zh="这张证书不上大屏。", en="This certificate is not shown on a screen.")


class ConsentMissing(Conflict):
    """The person has not agreed to be shown, or not to the present text."""

    code = "wall.consent_missing"
    text = Text(zh="上大屏需要先同意当前的说明。", en="To be shown you must agree to the present text first.")


class PhotoTooEarly(Conflict):
    """Their turn is not over, or it is not shown: there is nothing to show once more."""

    code = "wall.photo_too_early"
    text = Text(zh="你还没有上过大屏，上屏之后才能打卡。", en="You can take a photo moment once your turn is over.")


class ScreenOff(Conflict):
    """No screen of the scene is on."""

    code = "wall.screen_off"
    text = Text(zh="大屏现在没有打开，请稍后再试。", en="No screen is on at the moment; please try again later.")


class PhotosUsed(Conflict):
    """They had as many photo moments as there are in a day."""

    code = "wall.photos_used"
    text = Text(
        zh="每人每天可打卡 {most} 次，今天已经用完。", en="Each person has {most} photo moments a day; yours are used."
    )

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)


class PhotosBusy(Conflict):
    """Others stand there for the next two minutes."""

    code = "wall.photos_busy"
    text = Text(
        zh="打卡位接下来两分钟都有人，请稍后再试。",
        en="The photo slot is taken for the next two minutes; please try again then.",
    )


class StreamsTooMany(Overloaded):
    """This process tells as many screens as it can."""

    code = "wall.streams_too_many"
    text = Text(
        zh="连接的屏幕过多，请 {retry_after_s} 秒后再试。",
        en="Too many screens are connected; try again in {retry_after_s} seconds.",
    )

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(retry_after_s=retry_after_s)
