"""One page of each kind and state of those that let people in, as a handler would fill it."""

from dataclasses import replace
from datetime import UTC, datetime

from markupsafe import Markup

from app.kernel.drawing import qr_svg
from app.kernel.text import Language
from app.views import listing
from app.views.console import Age
from app.views.page import Page
from app.web.operator import access_views as views
from app.web.operator.wechat_views import WechatAskPage, WechatPage, WechatWaitPage
from app.web.organiser.pages_keys import KeyOrganisation, KeyRow, KeysPage
from app.web.organiser.pages_sign_up import ApplicationPage, ApplicationView, SignUpPage
from app.web.organiser.views import OwnOrganisation, OwnPage, OwnScene

NOW = datetime(2026, 11, 29, 2, 32, 7, tzinfo=UTC)
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SECRET = "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ"
URI = "otpauth://totp/Sample%20Environment%20Exchange:li.na%40exchange.example?secret=GEZDGNBVGY3TQOJQ&issuer=Sample"
ORGANISATION = "org_01JD8Q9T5K3V2M7N4P6R8S0W1X"


def access_pages(language: Language) -> dict[str, Page]:
    """By name."""
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    ask = {"sandbox": True, "csrf_token": "token"}
    join = views.JoinPage(
        here="/join/x", action="/join/x", state="open", organisation=say("示例环境交易所", "Sample Environment Exchange"),
        roles=("operator", "reviewer"), expires_at=NOW, is_known=False, **ask,
    )  # fmt: skip
    factor = views.FactorPage(
        here="/operator/factor?next=/operator", goal="/operator", qr=Markup(qr_svg(URI, label="otpauth")),
        secret=SECRET, uri=URI, may_wait=True, **ask,
    )  # fmt: skip
    wechat = WechatPage(
        here="/operator/wechat",
        sandbox=True,
        csrf_token="token",
        roles=(),
        door="organiser",
        linked_at=None,
        is_offered=True,
    )
    wait = WechatWaitPage(
        here="/operator/wechat/wait?next=/organiser", step="scan", act="sign_in", number=42, goal="/organiser",
        qr=Markup(qr_svg("https://diandian.example/w/AAAAAAAAAAAAAAAAAAAAAA", label="x")), refresh_s=None, **ask,
    )  # fmt: skip
    said = WechatAskPage(
        here="/operator/sign-in", step="ask", act="sign_in", name=say("李娜", "Li Na"), number=42, scan="x", account="y",
        **ask,
    )  # fmt: skip
    member = views.MemberRow(
        id="per_1", name=say("李娜", "Li Na"), email="li.na.of.the.very.long.department@exchange.example",
        roles=("administrator", "operator", "reviewer"), takable=("operator", "reviewer"), has_factor=True,
        is_disabled=False,
    )  # fmt: skip
    invitation = views.InvitationRow(
        id="inv_1", label=say("经办 王工（财务部）", "Wang, finance department"), roles=("finance",), is_open=True,
        is_waiting=False, expires_at=NOW,
    )  # fmt: skip
    members = views.MembersPage(
        here=f"/members/{ORGANISATION}", sandbox=True, csrf_token="token", roles=(),
        organisation=say("示例环境交易所", "Sample Environment Exchange"), is_verified=True,
        givable=("administrator", "operator", "reviewer", "finance", "auditor"),
        members=(member, replace(member, name="#W1X2Y", email="", roles=("auditor",), takable=(), has_factor=False)),
        invitations=(
            invitation, replace(invitation, is_open=False, is_waiting=True), replace(invitation, label="", is_open=False),
        ),
        take_action=f"/members/{ORGANISATION}/take-role", revoke_action=f"/members/{ORGANISATION}/revoke",
    )  # fmt: skip
    waiting = views.VerificationCard(
        id="1", url="/operator/organisations?open=1", age=Age(number=3, unit="days"),
        name_zh="示例城市轨道交通建设投资集团有限责任公司", name_en="Sample Urban Rail Construction Group Co., Ltd.",
        kind=say("企业", "company"), number="CN 91350100M000100Y43", papers=say("营业执照副本", "business licence"),
        sha256=SHA256, maker=say("李娜", "Li Na"), proposed_at=NOW, is_own=False, may_verify=True,
        verify_action="/operator/organisations/1/verify", return_action="/operator/organisations/1/return",
    )  # fmt: skip
    row = views.OrganisationRow(
        url=f"/members/{ORGANISATION}", name=say("示例区总工会", "Sample District Union"),
        kind=say("社会组织", "association"), number="CN 91110000802100433B", is_verified=True,
    )  # fmt: skip
    own_waiting = replace(waiting, id="2", url="/operator/organisations?open=2", is_own=True, may_verify=False)
    asked = listing.read("/operator/organisations", {}, {"state": ("all", "verified")}, has_words=True)
    organisations = views.OrganisationsPage(
        here="/operator/organisations", sandbox=True, csrf_token="token", roles=(),
        waiting=(waiting, own_waiting), open=waiting, closed_url="/operator/organisations",
        filters=(asked.filter("state", "all", say("全部", "All"), 2),
                 asked.filter("state", "verified", say("已核验", "Verified"), 1)),
        search=asked.search, paging=asked.paging(2),
        organisations=(row, replace(row, url="", number="", is_verified=False)), may_add=True,
        kinds=("company", "agency", "court", "association"),
    )  # fmt: skip
    own = OwnPage(
        here="/organiser", sandbox=True, csrf_token="token", roles=(), door="organiser",
        organisations=(
            OwnOrganisation(
                name=say("示例区总工会", "Sample District Union"), roles=("sponsor", "finance"),
                members_url=f"/members/{ORGANISATION}",
            ),
        ),
        scenes=(OwnScene(url="/organiser/H7QP3K", title=say("示例职工欢乐跑", "Sample fun run"), code="H7QP3K"),),
    )  # fmt: skip
    key = KeyRow(
        id="key_1", name=say("报名系统", "Registration desk"), organisation=say("示例区总工会", "Sample District Union"),
        roles=("sponsor", "finance"), maker=say("李娜", "Li Na"), expires_on="2027-11-29", last_used_on="2026-11-29",
        state="good", tone="done",
    )  # fmt: skip
    keys = KeysPage(
        here="/organiser/keys", sandbox=True, csrf_token="token", roles=(), door="organiser", typed={},
        organisations=(KeyOrganisation(id=ORGANISATION, name=say("示例区总工会", "Sample District Union")),), base_url="https://carbon.example",
        givable=("sponsor", "operator", "finance"),
        keys=(key, *(replace(key, state=state, tone="void", last_used_on=None) for state in ("expired", "revoked", "ended"))),
    )  # fmt: skip
    application = ApplicationView(
        id=ORGANISATION, name=say("示例自行车协会", "Sample Cycling Association"), kind=say("社会组织", "association"),
        number="CN 91350100M000100Y43", purpose=say("为骑行活动的来宾赠送减排量", "giving to the guests of our rides"),
        state="waiting", reason=None, sent_at=NOW, age=Age(number=3, unit="days"),
        typed={"name_zh": "示例自行车协会", "name_en": "", "kind": "association", "country": "CN",
               "register_number": "91350100M000100Y43", "purpose": "赠送"},
    )  # fmt: skip
    applied = ApplicationPage(
        here="/organiser/application", sandbox=True, csrf_token="token", roles=(), door="organiser",
        applications=(application,),
    )  # fmt: skip
    sign_up = SignUpPage(here="/organiser/sign-up", **ask)
    waiting_application = views.ApplicationCard(
        id=ORGANISATION, name_zh="示例自行车协会", name_en="Sample Cycling Association", kind=application.kind,
        number=application.number, purpose=application.purpose, contact=say("王小明", "Wang Xiaoming"),
        email="wang@cycling.example", age=application.age,
        propose_action=f"/operator/organisations/applications/{ORGANISATION}/propose",
        return_action=f"/operator/organisations/applications/{ORGANISATION}/return",
    )  # fmt: skip
    wrong = say(
        "登记号不正确：中国机构请填 18 位统一社会信用代码，请核对每一位。",
        "This is no register number. Please check it.",
    )
    return {
        "wechat_none": wechat,
        "wechat_linked": replace(wechat, linked_at=NOW),
        "wechat_off": replace(wechat, is_offered=False, door="operator"),
        "wechat_wait": wait,
        "wechat_wait_link": replace(wait, act="link", goal="/operator/wechat", here_url="/w/AAAAAAAAAAAAAAAAAAAAAA"),
        "wechat_confirmed": replace(wait, step="confirmed", qr=None),
        "wechat_confirmed_link": replace(
            wait, step="confirmed", qr=None, act="link", goal="/operator/wechat", asks_code=True,
            notice=say("动态码不对。", "The code is wrong."),
        ),
        "wechat_over": replace(wait, step="over", qr=None),
        "wechat_ask": said,
        "wechat_ask_link": replace(said, act="link"),
        "wechat_done": replace(said, step="done"),
        "wechat_refused": replace(
            said, step="refused", notice=say("二维码已失效或已用过，请重新扫一个。", "This QR code has expired or was used."),
        ),
        "wechat_elsewhere": replace(said, step="elsewhere"),
        "join": join,
        "join_wrong": replace(
            join, notice=say("两次输入的密码不一致。", "The two passwords are not the same."), name=say("李娜", "Li Na"),
            fault_field="password_again", email="li.na@exchange.example",
        ),
        "join_known": replace(join, is_known=True),
        "join_over": replace(join, state="expired"),
        "join_waiting": replace(join, state="waiting"),
        "reset": views.ResetPage(here="/reset/x", action="/reset/x", **ask),
        "factor": factor,
        "factor_wrong": replace(factor, may_wait=False, notice=say("动态码不正确。", "This code is wrong.")),
        "code": views.CodePage(here="/operator/code?next=/operator", goal="/operator", **ask),
        "codes": views.CodesPage(
            here="/operator/factor", sandbox=True, codes=("7K3M-9QFX-2R0A-BCDE",) * 10, goal="/operator"
        ),
        "members": members,
        "members_link": replace(members, link=f"https://carbon.example/join/{'x' * 43}"),
        "members_waiting": replace(
            members, link=f"https://carbon.example/join/{'x' * 43}", waits_url="/operator/inbox/1"
        ),
        "members_empty": replace(members, is_verified=False, members=(), invitations=(), door="organiser"),
        "organisations": organisations,
        "organisations_wrong": replace(
            organisations, notice=wrong, fault_field="register_number", waiting=(), open=None,
            typed={"name_zh": "示例公司", "kind": "court", "register_number": "9135"},
        ),
        "organisations_empty": replace(
            organisations, waiting=(), open=None, organisations=(), paging=asked.paging(0), may_add=False
        ),
        "organisations_own": replace(organisations, open=own_waiting, is_asked=True),
        "keys": keys,
        "keys_made": replace(
            keys, made="ddk_01JD8Q9T5K3V2M7N4P6R8S0W1X_7K3M9QFX2R0ABCDE7K3M9QFX2R0ABCDE",
            organisations=(*keys.organisations, KeyOrganisation(id="org_2", name=say("示例合作方", "Sample Friend"))),
        ),
        "keys_wrong": replace(
            keys, notice=say("请填写密钥名称。", "Please name the key."), fault_field="name", typed={"days": "30"}, keys=()
        ),
        "keys_empty": replace(keys, keys=(), organisations=(), givable=()),
        "sign_up": sign_up,
        "sign_up_wrong": replace(
            sign_up, notice=say("该机构已经注册，请向贵机构已有的成员索取邀请链接。", "It is registered already."),
            fault_field="register_number", typed={**application.typed, "name": "王小明", "email": "wang@cycling.example"},
        ),
        "application": applied,
        "application_returned": replace(
            applied, applications=(replace(application, state="returned", reason=say("证书上的名称不同。", "Another name.")),)
        ),
        "application_done": replace(applied, applications=(replace(application, state="verified"),)),
        "application_none": replace(applied, applications=()),
        "organisations_applied": replace(organisations, applications=(waiting_application,)),
        "own": own,
        "own_empty": replace(own, organisations=(), scenes=()),
    }  # fmt: skip
