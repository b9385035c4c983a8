"""What an invitation to the platform says, in words. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from app.foundation.identity import Role
from app.kernel.clock import BEIJING
from app.kernel.text import Text
from app.views.inbox.describing import Description, Line


def role(said: Mapping[str, Any], before: Mapping[str, Any]) -> Description:
    """Somebody is let in to the platform; for whom it is lies sealed, and is known once one is opened (`before`)."""
    roles = _joined(said["roles"])
    until = datetime.fromisoformat(said["expires_at"])
    label = before.get("for")
    is_over = "now" in before and until <= before["now"]
    return Description(
        title=Text(zh=f"邀请加入平台：{roles.zh}", en=f"Let somebody in as {roles.en}"),
        about=roles,
        lines=(
            Line(Text(zh="角色", en="Roles"), roles),
            Line(Text(zh="给谁", en="For whom"), _same(label) if label else Text(zh="未注明", en="not said")),
            Line(Text(zh="邀请有效至", en="Good until"), _same(f"{until.astimezone(BEIJING):%Y-%m-%d %H:%M}")),
        ),
        outcome=Text(zh="邀请已过期，请退回。", en="The invitation has run out; please send it back.")
        if is_over
        else Text(
            zh="同意后对方用链接即可加入；同意的人不能自己使用这个链接。",
            en="The link opens then. Whoever agrees cannot take it themselves.",
        ),
    )


def _joined(roles: Collection[str]) -> Text:
    texts = [ROLES[Role(one)] for one in roles]
    return Text(zh="、".join(one.zh for one in texts), en=", ".join(one.en for one in texts))


def _same(text: str) -> Text:
    return Text(zh=text, en=text)


ROLES: Final = {
    Role.ADMINISTRATOR: Text(zh="管理员", en="administrator"),
    Role.OPERATOR: Text(zh="经办", en="operator"),
    Role.REVIEWER: Text(zh="复核", en="reviewer"),
    Role.FINANCE: Text(zh="财务", en="finance"),
    Role.AUDITOR: Text(zh="审计", en="auditor"),
    Role.SPONSOR: Text(zh="主办方", en="organiser"),
    Role.COURT: Text(zh="司法、行政", en="court or agency"),
}
