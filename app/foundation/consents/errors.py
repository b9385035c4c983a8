"""Facts about consents."""

from app.kernel.errors import Conflict, NotFound, RuleBroken
from app.kernel.text import Text


class ConsentFileBroken(Exception):
    """A file of texts is not as it must be; the message names file and fault."""


class PurposeUnknown(NotFound):
    """There is no such purpose."""

    code = "consents.purpose_unknown"
    text = Text(zh="没有这一项授权。", en="There is no such purpose.")


class ConsentOutdated(Conflict):
    """The text has another version by now than the one that was agreed to. Nothing was written."""

    code = "consents.outdated"
    text = Text(
        zh="这一项的说明已更新为第 {version} 版，请看过后再决定。",
        en="The text has changed to version {version}; please read it and decide again.",
    )

    def __init__(self, *, version: int) -> None:
        super().__init__(version=version)


class ConsenterMinor(RuleBroken):
    """They said that they are under 14: being shown or told of takes a guardian's consent, which nobody can give here."""

    code = "consents.minor"
    text = Text(
        zh="您已选择“未满 14 周岁”，大屏、榜单、向主办方共享和向境外提供信息保持关闭。",
        en="You said that you are under 14, so the wall, the boards, sharing and services abroad stay closed.",
    )


class ConsenterGone(NotFound):
    """The person is being forgotten, or there is none; nobody can agree for them."""

    code = "consents.person_gone"
    text = Text(zh="此账户正在注销，不能再作授权。", en="This account is being erased and can agree to nothing.")
