"""An organisation that shall be let ask persons for their accounts, in words. Pure."""

from app.kernel.text import Text
from app.views.inbox.describing import Before, Description, Line, Said


def share_reader(said: Said, before: Before) -> Description:
    """Who it is, and why."""
    del before
    name = Text(zh=said["name"]["zh"], en=said["name"]["en"])
    return Description(
        title=Text(zh=f"开通账户查询：{name.zh}", en=f"Let {name.en} ask for accounts"),
        about=name,
        lines=(
            Line(Text(zh="机构", en="Organisation"), name),
            Line(Text(zh="理由", en="Ground"), Text(zh=said["ground"], en=said["ground"])),
        ),
        outcome=Text(
            zh="同意后，该机构可为自己的接口密钥开通“账户查询”，向个人发起请求；每一项须本人同意，本人随时可以收回。平台随时可以终止。",
            en="Once agreed, the organisation may let its API keys ask persons for their accounts. Each request takes the"
            " person's own yes, which they may revoke at any time; the platform may end the enrolment at any time.",
        ),
        link="/operator/readers",
    )
