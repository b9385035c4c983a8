"""Content checks in words: why something is not shown, where it would be, who decided."""

from collections.abc import Mapping
from typing import Final

from app.foundation.moderation import Checker, ContentPurpose, Reason
from app.kernel.text import Text

REASONS: Final[Mapping[Reason, Text]] = {
    Reason.OTHER: Text(zh="不适合公开展示", en="not fit to be shown"),
    Reason.ABUSE: Text(zh="含有辱骂内容", en="insults"),
    Reason.SEXUAL: Text(zh="含有色情内容", en="sexual content"),
    Reason.ILLEGAL: Text(zh="涉及违法信息", en="something illegal"),
    Reason.HATE: Text(zh="含有仇恨或极端内容", en="hate or extremism"),
    Reason.IMPERSONATION: Text(zh="冒充机构或他人", en="pretending to be somebody else"),
    Reason.CONTACT: Text(zh="含有联系方式或广告", en="contact details or advertising"),
}
"""In the order in which a moderator is offered them."""
PURPOSES: Final[Mapping[ContentPurpose, Text]] = {
    ContentPurpose.NAME: Text(zh="名字", en="Name"),
    ContentPurpose.AVATAR: Text(zh="头像", en="Picture"),
}
CHECKERS: Final[Mapping[Checker, Text]] = {
    Checker.WORDS: Text(zh="词表", en="Word list"),
    Checker.WECHAT: Text(zh="微信", en="WeChat"),
    Checker.PERSON: Text(zh="人工", en="By hand"),
}
LISTS: Final[Mapping[str, Text]] = {
    "waiting": Text(zh="待审核", en="Waiting"),
    "recent": Text(zh="最近", en="Recent"),
    "refused": Text(zh="已隐藏", en="Hidden"),
}
"""The lists of the page of content checks."""
