"""One page of each kind and state of what people are shown about their own data."""

from dataclasses import replace
from datetime import UTC, date, datetime

from app.foundation import privacy
from app.foundation.consents import ConsentPurpose, load_texts
from app.foundation.privacy import Look, LookedAt, LookReason
from app.foundation.retention import Keep
from app.kernel.money import Currency
from app.kernel.text import Language
from app.views.mine import ConsentSwitch
from app.views.page import Amount, Page
from app.views.privacy.abroad import AbroadPage
from app.views.privacy.devices import DeviceLine, DevicesPage, ShowCodePage, TypeCodePage
from app.views.privacy.links import CONSEQUENCES, LinkPage
from app.views.privacy.page import ErasedPage, ErasePage, PrivacyPage, kept_lines, look_lines, open_to
from config.places import CONSENTS

_AT = datetime(2026, 11, 22, 2, 32, 7, tzinfo=UTC)
_SEAL = {"sandbox": True, "intent": "x", "csrf_token": "x"}


def privacy_pages(language: Language) -> dict[str, Page]:
    """By name."""
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    this = DeviceLine(id="1", browser="wechat", system="iphone", since=_AT, seen_on=date(2026, 11, 22), is_this=True)
    devices = DevicesPage(
        here="/me/devices", may_move=True,
        devices=(
            this, replace(this, id="2", browser="chrome", system="windows", is_this=False),
            replace(this, id="3", browser="other", system="other", is_this=False),
        ), **_SEAL,
    )  # fmt: skip
    shown = ShowCodePage(
        here="/me/devices/move", step="code", code="7KQ3 W9MX", expires_at=_AT, refresh_s=3,
        typed_at="https://dd.example.org/move", **_SEAL,
    )  # fmt: skip
    asked = replace(shown, step="ask", move="1", number=42, browser="chrome", system="windows", refresh_s=None)
    typed = TypeCodePage(here="/move", step="type", **_SEAL)
    link = LinkPage(here="/me/link", step="start", consequences=CONSEQUENCES.in_(language), **_SEAL)
    switch = ConsentSwitch(
        purpose="notices", version=1, title=say("消息提醒", "Messages"),
        text=say("证书出具等消息发到微信。", "Messages in WeChat when a certificate is ready."), is_on=True,
        is_asked_again=False, at=_AT, intent="x", csrf_token="x",
    )  # fmt: skip
    page = PrivacyPage(
        here="/me/privacy",
        kept=kept_lines(privacy.kept(), Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1)),
        consents=(switch, replace(switch, purpose="wall", title=say("大屏显示我的名字", "My name on the wall"), is_on=False)),
        is_known=True, is_under_14=False, looks=look_lines((
            Look(_AT, LookReason.COMPLAINT, LookedAt.NAME, say("有人投诉证书上的名字", "A complaint about the certificate")),
            Look(_AT, LookReason.CHECK, LookedAt.CONTENT, None),
        )), **_SEAL,
    )  # fmt: skip
    erase = ErasePage(
        here="/me/privacy/erase", deleted=("identity", "shown", "technical"),
        nameless=("consents", "figures", "orders", "certificates", "held", "donations", "looked"), held_g=12_400,
        cards_g=6_458, **_SEAL,
    )  # fmt: skip
    text = load_texts(CONSENTS).present(ConsentPurpose.ABROAD)
    abroad = AbroadPage(
        here="/o/ord_1/abroad", title=text.title.in_(language), paragraphs=tuple(text.text.in_(language).splitlines()),
        version=text.version, channel="PayPal", method="paypal.checkout", amount=Amount(minor=62, currency=Currency.USD),
        expires_at=_AT, others=(), order_url="/o/ord_1", again_url="/s/H7QP3K?mode=metro&km=23", is_closed=False, **_SEAL,
    )  # fmt: skip
    return {
        "abroad": abroad,
        "abroad_others": replace(abroad, others=(say("微信支付", "WeChat Pay"), say("支付宝", "Alipay"))),
        "abroad_closed": replace(abroad, is_closed=True),
        "abroad_outdated": replace(
            abroad, notice=say("说明已更新为第 2 版，请看过后再决定。", "The text has changed.")
        ),
        "devices": devices,
        "devices_one": replace(
            devices, devices=(this,), may_move=False, notice=say("这台设备没有登录。", "Not signed in.")
        ),
        "move_code": shown,
        "move_ask": asked,
        "move_confirmed": replace(asked, step="confirmed", refresh_s=3),
        "move_none": replace(shown, step="none", refresh_s=None, notice=say("这次登录已结束。", "This has ended.")),
        "move_type": typed,
        "move_type_wrong": replace(
            typed, code="7KQ3", fault=say("没有设备正在显示这个代码。", "No device shows this code.")
        ),
        "move_wait": replace(typed, step="wait", number=42, refresh_s=3),
        "move_finish": replace(typed, step="finish", number=42, replaces=True),
        "move_over": replace(typed, step="over"),
        "link": link,
        "link_code": replace(link, step="code", code="7KQ3 W9MX", expires_at=_AT, refresh_s=3),
        "link_ask": replace(link, step="ask", move="1", number=42),
        "link_confirmed": replace(link, step="confirmed", move="1", number=42, refresh_s=3),
        "link_linked": replace(
            link,
            step="linked",
            linked_at=_AT,
            notice=say("其中一方已经关联过。", "One of the two is linked already."),
        ),
        "link_known": replace(link, step="known"),
        "privacy": page,
        "privacy_minor": replace(page, is_under_14=True, consents=open_to(page.consents, is_under_14=True), looks=()),
        "privacy_nobody": replace(page, is_known=False, consents=(), looks=()),
        "erase": erase,
        "erase_wrong": replace(erase, is_wrong=True, held_g=0),
        "erase_staff": replace(erase, notice=say("此账户属于机构的工作人员。", "This account belongs to staff.")),
        "erased": ErasedPage(here="/me/privacy", sandbox=True),
    }
