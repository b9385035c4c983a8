"""Every citizen and public page renders in both languages, with whatever a person typed kept harmless."""

import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from html import unescape
from html.parser import HTMLParser
from itertools import repeat

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from app.commerce import orders
from app.kernel.drawing import landscape_svg, qr_svg, ring_svg
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import books
from app.registry.cancellations import UpstreamState
from app.views.certificates.certificate import CertificatePage, DrawingPage
from app.views.certificates.record import (
    FigureLine,
    JudgedClaim,
    Mandate,
    PartyLine,
    PartyRole,
    ReachLine,
    SliceLine,
    Standing,
    UpstreamProof,
)
from app.views.mine import ConsentSwitch
from app.views.orders.order_page import (
    CancelPage,
    CashierPage,
    OrderPage,
    OrderPhase,
    PayMethod,
    Refund,
    Stranger,
    ZoneLimit,
)
from app.views.page import Amount, Page, ProblemPage
from app.views.scene import Cover, Credit, EndedPage, Estimate, Gift, GiftState, Line, Mode, ScenePage, SceneState
from app.web.citizen.sheets import sheet_of
from app.web.kit.responses import pages
from app.web.kit.responses.problems import catalogue
from app.web.organiser.naming import NamingPage
from app.web.organiser.views import OrganiserPage
from app.web.public import books as public_books
from app.web.public.errors import errors_page
from app.web.public.views import CodeHint, HomePage, SceneCard, Verified, VerifyFormPage, VerifyPage
from tests.pages.access_samples import access_pages
from tests.pages.account_samples import account_pages
from tests.pages.account_sharing_samples import account_sharing_pages
from tests.pages.bill_samples import bill_pages
from tests.pages.currency_samples import currency_pages
from tests.pages.donation_samples import donation_pages
from tests.pages.draft_samples import draft_pages
from tests.pages.finance_samples import finance_pages
from tests.pages.findings_samples import findings_pages
from tests.pages.gift_samples import LOGO, NO_PICTURE, gift_pages
from tests.pages.joint_samples import joint_pages
from tests.pages.operator_samples import operator_pages
from tests.pages.privacy_samples import privacy_pages
from tests.pages.results_samples import results_pages
from tests.pages.sharing_samples import sharing_pages
from tests.pages.statement_samples import statement_pages
from tests.pages.transfer_samples import transfer_pages
from tests.pages.wall_samples import wall_pages
from tests.pages.webhook_samples import webhook_pages
from tests.pages.zone_samples import zone_pages
from tests.rules.test_rendering_certificates import RECORD

HOSTILE = """<script>alert(1)</script>"'&{{ view }}{mass}<img src=x onerror=alert(2)> 王𠮷👟"""
NOW = datetime(2026, 11, 22, 2, 32, 7, tzinfo=UTC)


def ring(seed: str = "scn_1", progress: float = 0.72) -> Markup:
    return Markup(ring_svg(seed, use="phone", progress=progress))


def landscape(seed: str = "H7QP3K") -> Markup:
    return Markup(landscape_svg(seed, 390, 236))


@cache
def sample_pages(language: Language) -> Mapping[str, Page]:
    """One page of each kind and state, as a handler would fill it."""
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    seal = {"here": "/s/H7QP3K?mode=metro&km=23", "sandbox": True}
    modes = tuple(
        Mode(key=key, label=say(chinese, english), icon=key, km_min=km_min, km_max=km_max, usual_km=usual_km)
        for key, chinese, english, km_min, km_max, usual_km in (
            ("metro", "地铁", "Metro", 0, 60, 23),
            ("car", "自驾", "Car", 0, 400, 23),
            ("train", "高铁", "Train", 0, 2000, 300),
            ("flight", "飞机", "Flight", 50, 20000, 1000),
            ("bus", "公交", "Bus", 0, 60, 23),
            ("bike", "骑行", "Bike", 0, 40, 23),
            ("taxi", "出租", "Taxi", 0, 200, 23),
            ("coach", "大巴", "Coach", 0, 800, 23),
        )
    )
    estimate = Estimate(
        grams=12_400,
        mass_text="12.4 kg",
        amount_minor=62,
        currency="CNY",
        price_text="¥0.62",
        buys_grams=12_400,
        buys_text="12.4 kg",
        floored=False,
        summary=say("往返 46 km + 午餐 1 份 + 参赛包", "46 km return + 1 lunch + race pack"),
        lines=(
            Line(
                label=say("地铁", "Metro"),
                quantity=say("往返 46 km", "46 km return"),
                grams=1_302,
                mass_text="1.3 kg",
                factor="0.0283",
                unit=say("kg CO₂e / 人·km", "kg CO₂e / person·km"),
                source=say("示例因子库，城市轨道交通", "Sample factor library, urban rail"),
                edition="v2024.1",
            ),
            Line(
                label=say("午餐", "Lunch"),
                quantity=say("1 份", "1 meal"),
                grams=1_900,
                mass_text="1.9 kg",
                factor="1.9",
                unit=say("kg CO₂e / 份", "kg CO₂e / meal"),
                source=say("示例因子库，餐饮", "Sample factor library, catering"),
                edition="v2024.1",
                confidence=say(
                    "这个因子还没有得到确认，按偏高取值。", "This factor is not confirmed yet; a high value is used."
                ),
            ),
        ),
    )
    credit = Credit(
        programme="CDCER",
        project=say("示例绿道碳汇（二期）", "Sample Greenway Carbon Sink (phase 2)"),
        place=say("四川成都", "Chengdu, Sichuan"),
        vintage="2022",
        per_tonne=Amount(minor=5000, currency=Currency.CNY),
    )
    scene = ScenePage(
        **seal,
        code="H7QP3K",
        state=SceneState.LIVE,
        title=say("示例职工欢乐跑", "3rd Workers’ Fun Run"),
        organiser=say("示例区总工会", "Sample District Union"),
        held_on=date(2026, 11, 22),
        neutralised=1286,
        modes=modes[:4],
        mode="metro",
        km="23",
        km_min=0,
        km_max=60,
        km_slide=23,
        estimate=estimate,
        credits=(credit,),
        order_action="/s/H7QP3K/order",
        intent="int_1",
        csrf_token="token",
        ring=ring(),
        landscape=landscape(),
    )
    gift = Gift(
        state=GiftState.FULL,
        giver=say("主办方", "the host"),
        mass_g=20_000,
        until=datetime(2026, 11, 22, 15, 59, tzinfo=UTC),
        until_today=True,
    )
    cashier = CashierPage(
        here="/o/ord_01",
        sandbox=True,
        order_id="ord_01KAJ3V9X5T8Q2M7R4W6Y0Z1AB",
        amount=Amount(minor=62, currency=Currency.CNY),
        mass_g=12_400,
        programme="CDCER",
        project=credit.project,
        scene_title=scene.title,
        floored=False,
        expires_at=NOW + timedelta(minutes=14),
        methods=(
            PayMethod(
                key="wechatpay.h5",
                label=say("微信支付", "WeChat Pay"),
                note=say("打开微信付款", "opens WeChat to pay"),
                mark="微",
            ),
            PayMethod(
                key="wechatpay.native",
                label=say("微信扫码", "WeChat QR code"),
                note=say("用另一部手机扫一扫", "scan it with another phone"),
                mark="微",
            ),
        ),
        name="",
        pay_action="/o/ord_01/pay",
        cancel_url="/o/ord_01/cancel",
        done_url="/o/ord_01?paid=1",
        back_url="/s/H7QP3K?mode=metro&km=23",
        intent="int_2",
        csrf_token="token",
    )
    order = OrderPage(
        here="/o/ord_01",
        sandbox=True,
        order_id=cashier.order_id,
        phase=OrderPhase.CONFIRMING,
        amount=cashier.amount,
        mass_g=12_400,
        scene_title=scene.title,
        scene_url="/s/H7QP3K",
        expires_at=cashier.expires_at,
        pay_url="/o/ord_01?pay=1",
        ring=ring("ord_1", 1),
    )
    slices = (
        SliceLine(
            programme="CDCER",
            project=credit.project,
            lot="CDCER-2022-0113",
            serial="CDCER-5101-2022-00000123",
            start_g=417_000,
            stop_g=429_400,
        ),
    )
    parties = (
        PartyLine(role=PartyRole.PAYER, name=say("示例碳汇公司", "Sample Carbon Company")),
        PartyLine(role=PartyRole.HOLDER, name=None),
        PartyLine(role=PartyRole.BENEFICIARY, name=say("示例总行", "Sample Bank")),
    )
    mandate = Mandate(ground="受托代购协议 2023-07", document="协议.pdf", sha256="9f" * 32)
    full = ReachLine(
        emission_g=12_400,
        retired_g=12_400,
        told=say("覆盖 100.00%", "100.00 % covered"),
        is_full=True,
        notes=(say("声明期 2026-11-22", "for 2026-11-22"),),
    )
    judged = JudgedClaim(
        profile="local@1", standing=Standing.OPEN, told="声明待定，覆盖 100.00%", called="碳抵消（预注销，待核实）"
    )
    certificate = CertificatePage(
        here="/c/crt_01",
        sandbox=True,
        number="DD-7K3M9QFX2R4W",
        holder=say("林小川", "Lin Xiaochuan"),
        mass_g=12_400,
        scene_title=scene.title,
        called=say("碳中和电子荣誉证书", "Certificate of Carbon Neutrality"),
        reach=full,
        is_neutral=True,
        retirement_number="R-20261122-7K3M9QFX",
        retired_at=NOW,
        slices=slices,
        sheet=sheet_of(RECORD, language),
        image_url="/c/crt_01/zh.png",
        poster_url="/c/crt_01/poster",
        pdf_zh_url="/c/crt_01/zh.pdf",
        pdf_en_url="/c/crt_01/en.pdf",
        verify_code="7K3M9QFX2R",
        verify_url="/v/7K3M9QFX2R",
        share_url="https://dd.example.org/v/7K3M9QFX2R",
    )
    drawing = DrawingPage(
        here="/c/crt_01/zh.pdf", sandbox=True, certificate_url="/c/crt_01", refresh_s=1, ring=ring("crt_1", 1)
    )
    switches = tuple(
        ConsentSwitch(
            purpose=purpose,
            version=1,
            title=say("大屏显示我的名字", "My name on the wall"),
            text=say("大屏显示你在证书上填写的名字。", "The screen shows the name you gave for your certificate."),
            is_on=purpose == "wall",
            is_asked_again=purpose == "sharing",
            at=None if purpose == "board" else NOW,
            intent="x",
            csrf_token="x",
        )
        for purpose in ("wall", "board", "sharing", "notices")
    )
    short = FigureLine(
        told=say("待补足：还须在 2027-12-31 前（含当日）注销 1.5 t", "Short: 1.5 t more to retire until 2027-12-31"),
        actual_g=6_500_000,
        retired_g=5_000_000,
        coverage=say("部分抵消，覆盖 76.92%", "offset in part, 76.92 % covered"),
        holds=False,
        paper_title=say("碳抵消证明书", "Statement of Carbon Offsetting"),
    )
    verified = VerifyPage(
        here="/v/7K3M9QFX2R",
        sandbox=True,
        code="7K3M9QFX2R",
        found=Verified(
            number=certificate.number,
            masked_name=say("林**", "L** X**"),
            mass_g=12_400,
            subject=scene.title,
            title=certificate.called,
            reach=full,
            slices=slices,
            retired_at=NOW,
            retirement_number=certificate.retirement_number,
            upstream=UpstreamState.POOLED,
            issuer=say("示例环境交易所", "Sample Environment Exchange"),
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            superseded_by=None,
            ring=ring("crt_1", 1),
        ),
    )
    ended = EndedPage(
        here="/s/H7QP3K",
        sandbox=False,
        code="H7QP3K",
        title=say("示例环境日主题活动", "Sample Environment Day"),
        kind=say("活动", "Event"),
        organiser=say("示例生态环境局", "Sample Environment Bureau"),
        month="2024-06",
        mass_g=87_790_000,
        neutralised=214,
        ring=ring("x", 1),
        landscape=landscape("x"),
    )
    refund = Refund(
        reason=say("这一批碳信用刚好用完，钱已原路退回。", "This lot has just run out, so your money goes back."),
        channel=say("微信支付零钱", "WeChat Pay balance"),
        expected_on=date(2026, 11, 25),
        done_on=None,
    )
    home = HomePage(
        here="/",
        sandbox=True,
        scenes=(
            SceneCard(
                url="/s/H7QP3K", title=scene.title, organiser=scene.organiser, held_on=scene.held_on, neutralised=1286
            ),
            SceneCard(url="/s/X", title=ended.title, organiser=ended.organiser, held_on=None, neutralised=0),
        ),
        landscape=landscape(),
    )
    problem = ProblemPage(
        here="/s/XXXXXX",
        sandbox=True,
        status=404,
        title=say("没有这个场景", "No such scene"),
        message=say("场景码 XXXXXX 没有打开任何场景。", "The code XXXXXX opens nothing."),
        request_id="req_01KAJ3V9X5T8Q2M7R4W6Y0Z1AB",
        ask_code=True,
    )
    small = replace_struct(estimate, grams=50, mass_text="50 g", amount_minor=1, price_text="¥0.01", floored=True)
    nothing = replace_struct(estimate, grams=0, mass_text="0 g", amount_minor=0, price_text="¥0.00", lines=())
    return {
        "scene": scene,
        "scene_gift": replace(
            scene,
            gift=gift,
            modes=modes,
            estimate=replace_struct(estimate, gift=Cover.FULL, gift_grams=12_400, gift_text="12.4 kg"),
        ),
        **{
            name: replace(
                scene,
                gift=replace(gift, giver=say("示例城市总工会", "Sample City Trade Union"), logo=logo),
                modes=modes,
                estimate=replace_struct(estimate, gift=Cover.FULL, gift_grams=12_400, gift_text="12.4 kg"),
            )
            for name, logo in (("scene_gift_logo", LOGO), ("scene_gift_logo_gone", NO_PICTURE))
        },
        "scene_gift_code": replace(
            scene,
            gift=replace(gift, takes_code=True),
            gift_code="7K3M9QFX2R8T4W6Y0Z1A",
            modes=modes,
            estimate=replace_struct(estimate, gift=Cover.FULL, gift_grams=12_400, gift_text="12.4 kg"),
        ),
        "scene_gift_account": replace(
            scene,
            gift=replace(gift, into_account=True),
            modes=modes,
            estimate=replace_struct(estimate, gift=Cover.FULL, gift_grams=20_000, gift_text="20.0 kg"),
        ),
        "scene_gift_card": replace(
            scene,
            gift=replace(gift, takes_code=True, is_card=True),
            modes=modes,
            estimate=replace_struct(estimate, gift=Cover.FULL, gift_grams=12_400, gift_text="12.4 kg"),
        ),
        "organiser": OrganiserPage(
            here="/organiser/H7QP3K",
            sandbox=True,
            roles=(),
            csrf_token="token",
            door="organiser",
            code="H7QP3K",
            title=scene.title,
            organiser=scene.organiser,
            phase="live",
            neutralised=1286,
            mass_g=15_946_400,
            open_g=2_000_000_000,
            programme=say("CDCER 碳惠天府减排量", "CDCER Chengdu carbon inclusion"),
            scene_url="/s/H7QP3K",
            scan_url="https://dd.example.org/s/H7QP3K",
            qr=Markup(qr_svg("https://dd.example.org/s/H7QP3K", label="https://dd.example.org/s/H7QP3K")),
            ring=ring(),
        ),
        "cashier_unpaid": replace(
            cashier, unpaid=True, methods=(cashier.methods[1], replace(cashier.methods[0], has_failed=True))
        ),
        "cashier_snapshot": replace(
            cashier, methods=cashier.methods[1:], stranger=Stranger.SNAPSHOT, wechat_url="/o/x/wechat"
        ),
        "scene_gift_partial": replace(
            scene,
            gift=replace(gift, state=GiftState.PARTIAL, mass_g=5_000, left=0.1, message=say("谢谢你来", "Thank you")),
            estimate=replace_struct(
                estimate,
                gift=Cover.PARTIAL,
                gift_grams=5_000,
                gift_text="5.0 kg",
                rest_grams=7_400,
                rest_text="7.4 kg",
                rest_minor=37,
                rest_price_text="¥0.37",
            ),
        ),
        "scene_gift_empty": replace(scene, gift=replace(gift, state=GiftState.EMPTY, mass_g=0, until=None)),
        "scene_gift_over": replace(scene, gift=replace(gift, state=GiftState.OVER, mass_g=0, until=None)),
        "scene_small": replace(
            scene, estimate=small, notice=say("请稍等一会儿再试。", "Please wait a moment, then try again.")
        ),
        "scene_fault": replace(
            scene,
            modes=modes[:4],
            mode="flight",
            km="23",
            km_min=50,
            km_max=20_000,
            km_slide=50,
            km_fault=say("单程公里数需在 50 与 20000 之间。", "Kilometres of one leg must be between 50 and 20000."),
            estimate=None,
        ),
        "scene_unpaid": replace(
            scene,
            notice=orders.TooMuchUnpaid(programme="CDCER", most="1.00 t", unpaid="1.10 t", order=cashier.order_id)
            .message()
            .in_(language),
            notice_url=f"/o/{cashier.order_id}",
        ),
        "scene_nothing": replace(scene, estimate=nothing),
        "scene_no_trip": replace(scene, modes=(), mode="", held_on=None, neutralised=0),
        "scene_not_begun": replace(scene, state=SceneState.NOT_BEGUN, begins_on=date(2026, 12, 1), neutralised=0),
        "scene_sold_out": replace(scene, can_order=False),
        "ended": ended,
        "cashier": cashier,
        "cashier_quoted": replace(cashier, is_quoted=True, lasts_days=True, expires_at=NOW + timedelta(hours=72)),
        "cashier_qr": replace(
            cashier,
            qr=Markup(qr_svg("weixin://wxpay/bizpayurl?pr=abc1234")),
            scanner="微信",
            notice=say("余额不足。", "Not enough money."),
        ),
        "cashier_name": replace(
            cashier,
            name="محمد ꆈ" + "👩\u200d👩\u200d👧" * 20,
            name_fault=say(
                "证书上无法印出这些字符：“ꆈ”（U+A188）、U+202E。请换一种写法。",
                "A certificate cannot show these characters: “ꆈ” (U+A188), U+202E. Please choose another spelling.",
            ),
        ),
        "cashier_call_up": replace(cashier, call_up={"appId": "wx1", "paySign": '"><b>'}, floored=True),
        "cashier_nothing": replace(cashier, methods=()),
        "cashier_zone": replace(
            cashier,
            methods=(),
            zone_limit=ZoneLimit(
                title="锦城示例运动会低碳专区" if language is Language.ZH else "Sample Jincheng Games low-carbon zone",
                url="/z/sample-games",
                ways=("微信支付", "支付宝") if language is Language.ZH else ("WeChat Pay", "Alipay"),
            ),
        ),
        "cancel": CancelPage(
            here="/o/ord_01/cancel",
            sandbox=True,
            amount=cashier.amount,
            mass_g=12_400,
            scene_title=scene.title,
            order_url="/o/ord_01",
            cancel_action="/o/ord_01/cancel",
            csrf_token="token",
        ),
        **{
            f"order_{phase}": replace(order, phase=phase)
            for phase in OrderPhase
            if phase not in {OrderPhase.DONE, OrderPhase.REFUNDING, OrderPhase.REFUNDED}
        },
        "order_certifying_number": replace(order, phase=OrderPhase.CERTIFYING, retirement_number="R-20261122-7K3M9QFX"),
        "order_refunding": replace(order, phase=OrderPhase.REFUNDING, refund=refund),
        "order_refunded": replace(order, phase=OrderPhase.REFUNDED, refund=replace(refund, done_on=date(2026, 11, 24))),
        "order_reversed": replace(
            order,
            phase=OrderPhase.DONE,
            certificate_url="/c/crt_01",
            told=(
                say(
                    "2026-11-24 支付渠道撤销了 ¥0.62 的付款。已注销的减排量不会恢复，证书继续有效。",
                    "On 2026-11-24 the payment channel reversed ¥0.62. What is retired stays retired, and certificates stay"
                    " valid.",
                ),
            ),
        ),
        "certificate": certificate,
        "certificate_name": replace(certificate, holder="بسم" * 16 + "👟", is_statement=True),
        "certificate_name_long": replace(certificate, holder="👩\u200d👩\u200d👧" * 50, is_statement=True),
        "certificate_wechat": replace(certificate, is_in_wechat=True),
        "certificate_drawing": drawing,
        "certificate_parties": replace(certificate, is_statement=True, parties=parties, mandate=mandate, judged=judged),
        **account_pages(language, switches),
        "verify": VerifyFormPage(here="/verify", sandbox=True),
        "verify_hint": VerifyFormPage(
            here="/verify?code=7K3M", sandbox=True, typed="7K3M-9QFX-2S", hint=CodeHint.CHECK
        ),
        "verify_shape": VerifyFormPage(here="/verify", sandbox=True, typed="7", hint=CodeHint.SHAPE),
        "verified": verified,
        "verified_short": replace(verified, found=replace(verified.found, figure=short)),
        "certificate_short": replace(certificate, figure=short, is_neutral=False),
        "verified_parties": replace(
            verified, found=replace(verified.found, parties=parties, mandate=mandate, judged=judged)
        ),
        "verified_suspended": replace(verified, found=replace(verified.found, suspended=say("示例说明。", "A note."))),
        "verified_name": replace(
            verified, found=replace(verified.found, masked_name="👩\u200d👩\u200d👧*", subject="سباق" * 12)
        ),
        "verified_superseded": replace(verified, found=replace(verified.found, superseded_by="DD-X")),
        "verified_partly": replace(
            verified,
            found=replace(
                verified.found,
                upstream=UpstreamState.PARTLY,
                proofs=(UpstreamProof("CDCER-2022-0113", "SBX-4F1C2A9B77E0", date(2026, 11, 22)),),
            ),
        ),
        "verified_none": replace(verified, found=None),
        "home": home,
        "home_unknown": replace(home, typed="XXXXXX", unknown=True, scenes=()),
        "books": books_page(books_verdict(), language),
        "books_broken": books_page(books_verdict(differences=2), language),
        "books_unknown": books_page(None, language),
        "problem": problem,
        "problem_500": replace(problem, status=500, ask_code=False, back_url="/s/H7QP3K"),
        "naming": (
            naming := NamingPage(
                here="/naming/R-1", sandbox=True, number="R-1", agrees=None, csrf_token="t", roles=(), door="organiser"
            )
        ),
        "naming_agreed": replace(naming, agrees=True),
        "naming_objected": replace(naming, agrees=False),
        "errors": errors_page(catalogue()[:12], language, sandbox=True),
        "errors_one": errors_page(catalogue()[:1], language, sandbox=True, only=catalogue()[0].code),
        **findings_pages(language),
        **(joint := joint_pages(cashier, order, language)),
        **transfer_pages(joint["hold_cashier"], language),
        **currency_pages(scene, cashier, order, language),
        **bill_pages(language),
        **statement_pages(language),
        **finance_pages(language),
        **gift_pages(language, ring, landscape),
        **webhook_pages(language),
        **donation_pages(language),
        **zone_pages(language, ring, scene, certificate),
        **results_pages(language),
        **draft_pages(language, ring, estimate, modes, scene),
        **operator_pages(language),
        **sharing_pages(language),
        **privacy_pages(language),
        **account_sharing_pages(language),
        "verified_shared": replace(
            verified,
            poster_url="/v/7K3M9QFX2R/poster/zh.png",
            share_url="https://dd.example.org/v/7K3M9QFX2R",
            share_origin="https://dd.example.org",
        ),
        **access_pages(language),
        **wall_pages(language, certificate, landscape),
    }


def books_verdict(differences: int = 0) -> books.BooksStatus:
    line = books.Line("slices_chained", 1, is_ok=differences == 0, expected=41_286, found=41_286 - differences)
    run = books.Run(
        kind=books.RunKind.PROOF,
        scope="all",
        started_at=NOW - timedelta(minutes=7, seconds=2),
        finished_at=NOW - timedelta(minutes=7),
        checked=tuple(
            books.Counted(check, check != line.check or line.is_ok, *figures, lots=5)
            for check, figures in BOOKS_FIGURES.items()
        ),
        differences=() if line.is_ok else (line,),
    )
    return books.BooksStatus(as_of=NOW, differences=differences, proof=run)


BOOKS_FIGURES = dict.fromkeys(books.MEANINGS, (41_286, 41_286)) | {
    "unit_is_zero": (0, 0),
    "within_lot": (92_000_000_000, 511_946_400),
    "upstream": (511_946_400, 509_000_000),
}


def books_page(verdict: books.BooksStatus | None, language: Language) -> Page:
    lots = [
        books.LotBalance(
            lot_id=number,
            code=f"{programme}-2022-{number:04}",
            programme=programme,
            vintage=2022 - number % 3,
            issued_g=tonnes * 1_000_000,
            open_g=tonnes * 1_000_000 - retired - 24_800 - held,
            reserved_g=24_800,
            retired_g=retired,
            cancelled_g=cancelled,
            gap_since=NOW - timedelta(days=3) if retired > cancelled else None,
        )
        for number, (programme, tonnes, retired, cancelled, held) in enumerate(
            [("CCER", 20_000, 0, 0, 0), *[("CDCER", 3_000 - 100 * n, 255_973_200, 255_000_000, 0) for n in range(14)],
             ("VCU", 50_000, 1_200_000, 2_000_000, 4_000_000_000)]
        )
    ]  # fmt: skip
    return public_books.page(verdict, lots if verdict else (), language, sandbox=True)


def replace_struct(struct, **changes):
    return type(struct)(**{name: getattr(struct, name) for name in struct.__struct_fields__} | changes)


NAMES = sorted(sample_pages(Language.ZH))
both = pytest.mark.parametrize("language", list(Language))
every = pytest.mark.parametrize("name", NAMES)


@cache
def html_of(name: str, language: Language) -> str:
    """The page, rendered once for all who look at it."""
    view = sample_pages(language)[name]
    return pages.render(view.template, view, language).decode()


class Tags(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)


@cache
def tags_of(name: str, language: Language) -> Tags:
    """The same, read once."""
    return Tags(html_of(name, language))


@every
@both
def test_a_page_says_its_language_title_and_purpose(name: str, language: Language) -> None:
    tags = tags_of(name, language).found
    assert ("html", {"lang": language.tag}) in tags
    assert [tag for tag, _ in tags].count("title") == 1
    assert [tag for tag, _ in tags].count("h1") >= 1
    description = next(found for tag, found in tags if tag == "meta" and found.get("name") == "description")
    assert len(description["content"] or "") >= 5


@every
@both
def test_a_page_holds_no_inline_style_handler_or_foreign_address(name: str, language: Language) -> None:
    html = html_of(name, language)
    for tag, found in tags_of(name, language).found:
        assert "style" not in found, (tag, found)
        assert not [key for key in found if key.startswith("on")], (tag, found)
        for key in ("src", "href", "action", "srcset", "data", "poster"):
            assert not re.match(r"(?!otpauth:)(?:[a-z]+:)?//|javascript:", found.get(key) or ""), (tag, found)
        if tag == "script":
            assert found.get("src"), "scripts are files, never inline"
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


@every
@both
def test_every_style_of_a_page_is_allowed_by_the_policy(name: str, language: Language) -> None:
    import base64
    import hashlib

    policy = pages.content_security_policy(sample_pages(language)[name].template)
    styles = re.findall(r"<style>(.*?)</style>", html_of(name, language), flags=re.DOTALL)
    assert styles
    for style in styles:
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


@every
@both
def test_what_a_person_typed_stays_text(name: str, language: Language) -> None:
    view, kind = sample_pages(language)[name], tags_of(name, language)
    hostile = Tags(pages.render(view.template, poisoned(view), language).decode())
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in kind.found]
    assert [sorted(found) for _, found in hostile.found] == [sorted(found) for _, found in kind.found]


@pytest.mark.parametrize("name", ["scene", "certificate", "verified", "account", "home", "cashier", "ended", "problem"])
def test_a_hostile_name_is_shown_letter_for_letter(name: str) -> None:
    view = sample_pages(Language.ZH)[name]
    said = Tags(pages.render(view.template, poisoned(view), Language.ZH).decode()).said
    assert any(HOSTILE in text for text in said)


@every
@both
def test_the_sandbox_ribbon_is_there_exactly_in_the_sandbox(name: str, language: Language) -> None:
    view = sample_pages(language)[name]
    other = pages.render(view.template, replace(view, sandbox=not view.sandbox), language).decode()
    assert ("SANDBOX 样张" in html_of(name, language), "SANDBOX 样张" in other) == (view.sandbox, not view.sandbox)


@every
@both
def test_ids_are_unique_and_labels_find_their_fields(name: str, language: Language) -> None:
    tags = tags_of(name, language).found
    ids = [found["id"] for _, found in tags if "id" in found]
    assert len(ids) == len(set(ids))
    for _, found in tags:
        for key in ("for", "form", "aria-describedby"):
            assert key not in found or found[key] in ids, found


@every
def test_the_language_switch_keeps_the_choices(name: str) -> None:
    view = sample_pages(Language.ZH)[name]
    links = [found["href"] for tag, found in tags_of(name, Language.ZH).found if tag == "a" and "hreflang" in found]
    mark = "&" if "?" in view.here else "?"
    assert links == [f"{view.here}{mark}lang=zh", f"{view.here}{mark}lang=en"]


@pytest.mark.parametrize("name", ["scene", "scene_gift", "scene_gift_logo", "joint_cashier", "joint_retiring"])
@both
def test_a_page_on_the_way_with_all_it_loads_fits_into_fifteen_kilobytes(name: str, language: Language) -> None:
    view = sample_pages(language)[name]
    html = pages.render(view.template, view, language)
    loaded = [html]
    for tag, found in Tags(html.decode()).found:
        address = found.get("src") if tag == "script" else found.get("href") if tag == "link" else None
        if address:
            loaded.append((pages.STATIC / address.removeprefix("/static/").split("?")[0]).read_bytes())
    assert len(loaded) == 3  # the page with its style, its icon, its script
    assert sum(len(gzip.compress(part)) for part in loaded) <= 15 * 1024


@both
def test_a_joint_order_shows_every_part_with_its_own_statement_and_the_way_to_the_others(language: Language) -> None:
    links = [found.get("href") for tag, found in Tags(html_of("joint_full", language)).found if tag == "a"]
    assert [link for link in links if link and link.startswith("/c/")] == [f"/c/crt_{no}" for no in range(1, 9)]
    assert "/o/ord_01?from=9" in links
    assert "<script" not in html_of("joint_full", language)
    assert len(gzip.compress(html_of("joint_full", language).encode())) <= 15 * 1024


def test_organisations_are_not_asked_for_the_name_on_their_statements() -> None:
    asked = [[found.get("name") for tag, found in Tags(html_of(name, Language.ZH)).found if tag == "input"]
             for name in ("cashier", "joint_cashier")]  # fmt: skip
    assert ["name" in names for names in asked] == [True, False]


def test_the_form_without_a_script_sends_what_the_page_shows() -> None:
    tags = Tags(html_of("scene", Language.ZH)).found
    hidden = {found["name"]: found["value"] for tag, found in tags if tag == "input" and found.get("type") == "hidden"}
    assert hidden == {
        "intent": "int_1", "csrf_token": "token", "was_mode": "metro", "was_km": "23", "price": "62", "buys": "12400",
    }  # fmt: skip
    forms = [(found.get("method"), found.get("action")) for tag, found in tags if tag == "form"]
    assert forms == [("post", "/s/H7QP3K/order")]
    # What is chosen and typed goes along with the button, wherever on the page it stands.
    sent = {found["name"] for tag, found in tags if tag == "input" and found.get("form") == "order"}
    assert sent == {"mode", "km"}


@pytest.mark.parametrize(
    ("name", "buttons"),
    [
        ("scene", ["own"]),
        ("scene_gift", ["gift", "own"]),
        ("scene_gift_partial", ["share", "own"]),
        ("scene_gift_empty", ["own"]),
        ("scene_gift_over", ["own"]),
        ("scene_not_begun", []),
        ("scene_sold_out", []),
    ],
)
def test_a_scene_offers_what_can_be_done_now(name: str, buttons: list[str]) -> None:
    tags = Tags(html_of(name, Language.ZH)).found
    shown = [found["value"] for tag, found in tags if found.get("name") == "pay" and "hidden" not in found]
    assert shown == ["look", *buttons]


def test_a_figure_of_nothing_has_no_button_to_tap() -> None:
    tags = Tags(html_of("scene_nothing", Language.ZH)).found
    assert all("hidden" in found for tag, found in tags if found.get("name") == "pay" and found["value"] != "look")
    assert "hidden" not in next(found for _, found in tags if found.get("id") == "zero")


@pytest.mark.parametrize(
    ("name", "refreshes"),
    [("order_confirming", True), ("order_retiring", True), ("order_certifying", True), ("order_unpaid", False),
     ("order_closed", False), ("order_refunding", True), ("order_refunded", False),
     ("certificate", False),
     ("joint_retiring", True), ("joint_done", False)],
)  # fmt: skip
def test_a_page_reloads_itself_without_a_script_only_while_something_moves(name: str, *, refreshes: bool) -> None:
    assert ('<noscript><meta http-equiv="refresh"' in html_of(name, Language.ZH)) is refreshes


def test_unknown_and_withdrawn_codes_get_the_same_page_but_for_the_code() -> None:
    view = sample_pages(Language.ZH)["verified_none"]
    other = replace(view, code="AAAAAAAAAA", here="/v/AAAAAAAAAA")
    one = pages.render(view.template, view, Language.ZH).decode()
    two = pages.render(other.template, other, Language.ZH).decode()
    assert one.replace("7K3M9QFX2R", "").replace("7K3M-9QFX-2R", "") == two.replace("AAAAAAAAAA", "").replace(
        "AAAA-AAAA-AA", ""
    )


def test_a_template_with_a_name_its_view_lacks_does_not_render() -> None:
    with pytest.raises(UndefinedError):
        pages.render("citizen/scene.html", sample_pages(Language.ZH)["home"], Language.ZH)


def test_the_address_of_a_file_changes_with_its_content() -> None:
    address = pages.static_url("citizen/scene.js")
    assert re.fullmatch(r"/static/citizen/scene\.js\?v=[0-9a-f]{12}", address)
    assert address != pages.static_url("citizen/order.js").replace("order", "scene")


def test_every_template_is_shown_by_a_sample() -> None:
    shown = {view.template for view in sample_pages(Language.ZH).values()}
    there = {
        str(path.relative_to(pages.TEMPLATES))
        for folder in ("account", "citizen", "public", "operator", "organiser", "privacy")
        for path in (pages.TEMPLATES / folder).rglob("*.html")
        if re.search(r"{% extends|<!doctype", path.read_text("utf-8"))  # what others include is shown where they are
    }
    assert shown == there | {"problem.html"}
    assert pages.warm() >= len(shown)


def test_what_an_error_means_to_a_program_stands_on_the_english_page_only() -> None:
    meaning = catalogue()[0].meaning

    assert meaning in unescape(html_of("errors", Language.EN))
    assert meaning not in unescape(html_of("errors", Language.ZH))


def poisoned(view, words: Iterator[str] | None = None):
    """The same view with every free text replaced by the next of `words`; addresses, keys and pictures stay."""
    words = words or repeat(HOSTILE)
    kept = {"here", "mode", "key", "icon", "month", "state", "phase", "hint", "upstream", "verify_code", "code"}
    kept |= {"roles", "links", "tone", "unit", "question", "name_state"}
    kept |= {"takable", "givable", "kinds", "door", "section", "action", "goal", "uri", "fault_field", "show"}
    kept |= {
        "draft",
        "step",
        "field",
        "shape",
        "scene_kind",
        "payer",
        "payers",
        "gift_kind",
        "gift_delivers",
        "act",
        "discarded",
        "preview_back",
        "default_group",
        "organiser_covers",
        "books",
        "granted",
        "withheld",
        "browser",
        "system",
        "until",
        "after",
        "sooner",
        "deleted",
        "nameless",
        "reason_key",
        "what_key",
    }
    changes = {}
    for name, value in parts(view):
        if name in kept or isinstance(value, Markup) or name.endswith(("_url", "_action", "url")):
            continue
        if type(value) is str:
            changes[name] = next(words)
        elif isinstance(value, tuple):
            changes[name] = tuple(poisoned_item(item, words) for item in value)
        elif hasattr(value, "__struct_fields__") or is_dataclass(value):
            changes[name] = poisoned(value, words)
    return replace(view, **changes) if is_dataclass(view) else replace_struct(view, **changes)


def poisoned_item(item, words: Iterator[str]):
    if isinstance(item, tuple):  # a key and its text
        return (*item[:-1], next(words))
    return next(words) if isinstance(item, str) else poisoned(item, words)


def parts(view) -> Iterator[tuple[str, object]]:
    names = [field.name for field in fields(view)] if is_dataclass(view) else view.__struct_fields__
    for name in names:
        yield name, getattr(view, name)
