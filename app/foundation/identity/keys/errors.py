"""What whoever makes or ends a key may meet."""

from app.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from app.kernel.text import Text


class KeyPowerMissing(Forbidden):
    """Only a sponsor or administrator of a verified organisation makes keys for it, with no more than their own roles."""

    code = "identity.key_power_missing"
    text = Text(
        zh="只有已核验机构的主办方或管理员可以创建密钥，且密钥的权限不超过本人。",
        en="Only a sponsor or administrator of a verified organisation makes keys, with no more than their own roles.",
    )


class KeyNameMissing(RuleBroken):
    """A key without a name, or with one that is too long: nobody could tell it from the others."""

    code = "identity.key_name_missing"
    text = Text(zh="请填写密钥名称，不超过 {most} 个字符。", en="Please name the key, in at most {most} characters.")
    field = "/name"

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)


class KeyLifetimeUnfit(RuleBroken):
    """A key lives at least a day and not longer than two years."""

    code = "identity.key_lifetime_unfit"
    text = Text(zh="有效期须为 1 至 {most} 天。", en="A key is good for 1 to {most} days.")
    field = "/days"

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)


class KeyCountMost(Conflict):
    """The organisation has as many keys that are good as it may have."""

    code = "identity.key_count_most"
    text = Text(
        zh="密钥数量已达上限，请先停用不再使用的密钥。",
        en="There are as many keys as there may be; please end one that is not used any more.",
    )


class KeyUnknown(NotFound):
    """The organisation has no such key."""

    code = "identity.key_unknown"
    text = Text(zh="没有这个密钥。", en="There is no such key.")
