"""Facts about devices."""

from app.kernel.errors import Gone, NotFound
from app.kernel.text import Text


class SessionUnknown(NotFound):
    """No open session of this person has this id."""

    code = "identity.session_unknown"
    text = Text(zh="这台设备没有登录，或已经退出。", en="This device is not signed in, or was signed out already.")


class CodeOver(NotFound):
    """No device shows this code now: mistyped, older than ten minutes, used, or replaced by another. Which is not told."""

    code = "identity.move_code_over"
    text = Text(
        zh="没有设备正在显示这个代码：请核对每一位，或在原设备上换一个新代码。",
        en="No device shows this code now. Check each character, or take a new code on the other device.",
    )
    field = "/code"


class MoveOver(Gone):
    """The move has ended: its ten minutes are over, it was used or refused, or another code was asked for."""

    code = "identity.move_over"
    text = Text(
        zh="这次登录已结束：代码过期、已用过，或已在原设备上拒绝。请重新取一个代码。",
        en="This has ended: the code expired, was used, or was refused on the other device. Please take a new code.",
    )
