"""One page of each kind and state of what people show of themselves, and of who looks at it first."""

from dataclasses import replace

from markupsafe import Markup

from app.kernel.drawing import avatar_svg
from app.kernel.text import Language
from app.views import listing
from app.views.console import Age
from app.views.page import Page
from app.views.sharing.avatar import AvatarPage
from app.views.sharing.poster import PosterPage
from app.web.operator import unmasking
from app.web.operator.moderation.views import CheckCard, ModerationPage


def sharing_pages(language: Language) -> dict[str, Page]:
    """By name."""
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    none = AvatarPage(
        here="/me/avatar", sandbox=True, state="none", reason=None, picture_url=None,
        default=Markup(avatar_svg("usr_1", say("林小川", "Lin Xiaochuan"))), intent="x", csrf_token="x",
    )  # fmt: skip
    waiting = replace(none, state="waiting", picture_url="/me/avatar.webp")
    refused = replace(waiting, state="refused", reason=say("含有联系方式或广告", "contact details or advertising"))
    unfit = replace(
        none,
        notice=say(
            "图片无法读取，可能没有传完或已损坏，请换一张。", "The picture cannot be read; it may be cut short."
        ),
    )
    poster = PosterPage(
        here="/c/crt_01/poster", sandbox=True, title=say("碳中和电子荣誉证书", "Certificate of Carbon Neutrality"),
        number="DD-7K3M9QFX2R4W", mass_g=12_400, subject=say("示例职工欢乐跑", "Sample Workers’ Fun Run"),
        name_state="passed", image_url=f"/c/crt_01/poster/{language.value}.png", verify_url="/v/7K3M9QFX2R",
        certificate_url="/c/crt_01", is_in_wechat=False,
    )  # fmt: skip
    name = CheckCard(
        id="0193a1b2-0000-7000-8000-000000000001", text=say("爱跑步的林小川", "Lin who loves running"), picture_url=None,
        purpose=say("名字", "Name"), state="waiting", tone="todo", by=None, reason=None, persons=1,
        age=Age(number=3, unit="minutes"), is_masked=False, unmask=None,
    )  # fmt: skip
    unmask = unmasking.form("/operator/moderation/unmask", language, kept={"check": "1", "show": "recent"})
    picture = replace(
        name, id="0193a1b2-0000-7000-8000-000000000002", text=None, picture_url="/operator/moderation/pictures/1",
        purpose=say("头像", "Picture"), persons=2,
    )  # fmt: skip
    shown = replace(
        name, id="0193a1b2-0000-7000-8000-000000000003", state="passed", tone="done", by=say("微信", "WeChat"),
        text=say("爱*", "L*"), is_masked=True, unmask=unmask, is_asked=True,
    )  # fmt: skip
    veiled = replace(
        picture, id="0193a1b2-0000-7000-8000-000000000006", picture_url=None, is_masked=True, unmask=unmask
    )
    hidden = replace(
        name, id="0193a1b2-0000-7000-8000-000000000004", state="refused", tone="void", by=say("词表", "Word list"),
        reason=say("含有辱骂内容", "insults"), text=say("不雅的名字" * 8, "An unseemly name " * 6),
    )  # fmt: skip
    gone = replace(picture, id="0193a1b2-0000-7000-8000-000000000005", picture_url=None)
    asked = listing.read("/operator/moderation", {}, {"show": ("waiting", "recent", "refused")})
    queue = ModerationPage(
        here="/operator/moderation", sandbox=True, csrf_token="token", roles=("operator",), show="waiting",
        filters=(
            asked.filter("show", "waiting", say("待审核", "Waiting"), 2), asked.filter("show", "recent", say("最近", "Recent")),
            asked.filter("show", "refused", say("已隐藏", "Hidden")),
        ),
        cards=(name, picture, shown, hidden, veiled, gone),
        reasons=(
            ("other", say("不适合公开展示", "not fit to be shown")), ("abuse", say("含有辱骂内容", "insults")),
        ),
        may_decide=True, links=("inbox", "moderation"), section="/operator/moderation",
    )  # fmt: skip
    return {
        "avatar": none,
        "avatar_waiting": waiting,
        "avatar_refused": refused,
        "avatar_unfit": unfit,
        "poster": poster,
        "poster_waiting": replace(poster, name_state="waiting", is_in_wechat=True),
        "moderation": queue,
        "moderation_none": replace(queue, cards=()),
        "moderation_readonly": replace(queue, may_decide=False, roles=("auditor",)),
    }
