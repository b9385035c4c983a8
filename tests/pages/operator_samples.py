"""One page of each kind and state of the operators' door, as a handler would fill it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from app.kernel.drawing import ring_svg
from app.kernel.money import Currency
from app.kernel.text import Language
from app.views import listing
from app.views.console import Age
from app.views.page import Amount, Page
from app.web.operator import inbox_views, views

NOW = datetime(2026, 11, 22, 2, 32, 7, tzinfo=UTC)
PAYLOAD = (
    '{"beneficiary":{"en":"Sample Environment Exchange","zh":"示例环境交易所"},"cancelled_on":"2026-11-20","evidence":'
    '{"kind":"pdf","name":"注销证明.pdf","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",'
    '"size":184320},"first":250001,"last":250312,"lot":"VCU-0001","mode":"hand","programme":"VCU","project":"0003",'
    '"reference":"UC-20261122-7K3M9QFX","registry_reference":"VCS-RET-0088412","serial":'
    '"0001-000001-250000-VCS-VCU-003-VER-CN-0003-01012020-31122020-1","start_t":0,"stop_t":312,"tonnes":312,"version":1}'
)


def operator_pages(language: Language) -> dict[str, Page]:
    """By name."""
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    console = {"here": "/operator/cancellations", "sandbox": True, "csrf_token": "token"}
    items = (
        views.Item(
            url="/operator/cancellations/UC-20261122-7K3M9QFX", reference="UC-20261122-7K3M9QFX", lot="VCU-0001",
            first=1, last=312, tonnes=312, state=say("待复核", "to be reviewed"), tone="todo",
            age=Age(number=2, unit="days"), is_mine=True,
        ),
        views.Item(
            url="/operator/cancellations/UC-20261122-0H8RTW2C", reference="UC-20261122-0H8RTW2C",
            lot="CDCER-2022-0113", first=113, last=115, tonnes=3, tone="wait",
            state=say("等待登记机构确认", "waiting for the registry"), age=Age(number=25, unit="minutes"), is_mine=False,
        ),
    )  # fmt: skip
    over = (
        replace(items[1], reference="UC-20261120-55XJ2K9D", state=say("上游已注销", "cancelled upstream"), tone="done",
                age=Age(number=2, unit="days")),
        replace(items[0], reference="UC-20261119-9QW3E7RT", state=say("已退回", "sent back"), tone="void",
                age=Age(number=1, unit="hours"), is_mine=False),
    )  # fmt: skip
    lot = views.LotRow(
        code="CDCER-2022-0113", project=say("示例绿道碳汇（二期）", "Sample greenway sink, phase II"), programme="CDCER",
        vintage="2022", retired_g=2_412_400, cancelled_t=1, under_way_t=0, uncovered_g=1_412_400, covered_pm=414,
        age=Age(number=5, unit="days"), next_t=2, is_wired=True,
    )  # fmt: skip
    lots = (
        lot,
        replace(lot, code="VCU-0001", project=say("示例小水电", "Sample small hydropower"), programme="VCU",
                vintage="2020", retired_g=311_870_000, cancelled_t=0, under_way_t=312, uncovered_g=311_870_000,
                covered_pm=0, age=Age(number=9, unit="days"), next_t=0, is_wired=False),
        replace(lot, code="SCLC-2023-0001", project=say("示例林草碳普惠", "Sample forest and grassland"),
                programme=say("林草碳普惠减排量", "Sichuan forestry and grassland credit"), vintage="2023",
                retired_g=41_300, cancelled_t=1, uncovered_g=0, covered_pm=1000, age=None, next_t=0, is_wired=False),
        replace(lot, code="CQCER-2022-0009", project=say("示例余热利用", "Sample waste heat use"), programme="CQCER",
                retired_g=880, cancelled_t=0, uncovered_g=880, covered_pm=0, age=Age(number=14, unit="minutes"),
                next_t=1, is_wired=False),
    )  # fmt: skip
    asked = listing.read("/operator/cancellations", {}, {"show": ("waiting", "over")})
    every = views.CancellationsPage(
        **console, roles=("operator", "reviewer"), retired_g=314_324_580, cancelled_t=2, uncovered_g=313_283_280,
        oldest=Age(number=9, unit="days"), show="waiting", items=items, lots=lots,
        filters=(asked.filter("show", "waiting", say("待办", "Waiting"), 2),
                 asked.filter("show", "over", say("已结束", "Ended"), 2)),
        paging=asked.paging(2),
        ring=Markup(ring_svg("upstream", use="phone", progress=0.34)),
    )  # fmt: skip
    steps = (
        views.StepLine(state=say("已提请", "proposed"), tone="todo", who=say("示例经办", "Sample operator"), note=None,
                       at=NOW - timedelta(days=2)),
        views.StepLine(state=say("待复核", "to be reviewed"), tone="todo", who=say("示例经办", "Sample operator"),
                       note="VCS-RET-0088412", at=NOW - timedelta(hours=3)),
    )  # fmt: skip
    proof = views.EvidenceView(
        url="/operator/cancellations/UC-20261122-7K3M9QFX/evidence", name=say("注销证明.pdf", "proof.pdf"), kind="pdf",
        size=184_320, sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", is_picture=False,
        same=("UC-20261119-9QW3E7RT",),
    )  # fmt: skip
    url = "/operator/cancellations/UC-20261122-7K3M9QFX"
    review = views.CancellationPage(
        **{**console, "here": url}, roles=("reviewer",), reference="UC-20261122-7K3M9QFX",
        state=say("待复核", "to be reviewed"), tone="todo", mode="hand", lot="VCU-0001", project="0003", programme="VCU",
        serial="0001-000001-250000-VCS-VCU-003-VER-CN-0003-01012020-31122020-1", first=1, last=312, tonnes=312,
        beneficiary=say("示例环境交易所", "Sample Environment Exchange"), maker=say("示例经办", "Sample operator"),
        checker=None, registry_reference="VCS-RET-0088412", cancelled_on=date(2026, 11, 20), evidence=proof, reason=None,
        last_word=None, payload=PAYLOAD, payload_sha256="4d967a30111bf29f0eba01c448b375c1629b2fed01cdfcc3aed91f1b57d5dd5e",
        steps=steps, can_report=False, can_check=True, can_return=True, is_own=False, can_withdraw=False,
        withdraw_url=f"{url}/withdraw",
        report_action=f"{url}/report",
        approve_action=f"{url}/approve", return_action=f"{url}/return", first_day=date(2021, 6, 30),
        last_day=date(2026, 11, 22),
    )  # fmt: skip
    question = views.QuestionPage(
        **{**console, "here": f"{console['here']}/propose?lot=VCU-0001&mode=hand"}, roles=("operator",), question="propose",
        mode="hand", lot="VCU-0001", project=say("示例小水电", "Sample small hydropower"), programme="VCU",
        serial=review.serial, first=250_001, last=250_312, tonnes=312, back_url=console["here"], action=console["here"],
        seen="0-312",
    )  # fmt: skip
    quoted = (
        views.QuotedRow(
            number="ord_01JD8Q9T5K3V2M7N4P6R8S0W1X", url="/operator/orders?open=ord_01JD8Q9T5K3V2M7N4P6R8S0W1X",
            payer=say("示例钢铁厂", "Sample Steelworks"), mass_g=944_790_000,
            amount=Amount(minor=4_987_320, currency=Currency.CNY), placed_at=NOW, expires_at=NOW + timedelta(hours=72),
        ),
        views.QuotedRow(
            number="ord_01JD8QB2F7M4X9C1T6W3Z8K5PV", url="/operator/orders?open=ord_01JD8QB2F7M4X9C1T6W3Z8K5PV",
            payer=None, mass_g=4_100_000, amount=Amount(minor=20_500, currency=Currency.CNY), placed_at=NOW,
            expires_at=NOW + timedelta(minutes=30),
        ),
    )  # fmt: skip
    payers = listing.read("/operator/orders", {}, {"payer": ("all", "organisation", "person")})
    orders = views.OrdersPage(
        **console | {"here": "/operator/orders"}, roles=("operator",), hours=24, quoted=quoted, open=quoted[0],
        paging=payers.paging(2), closed_url="/operator/orders",
        filters=(
            payers.filter("payer", "all", say("全部", "All"), 2),
            payers.filter("payer", "organisation", say("机构", "Organisations"), 1),
            payers.filter("payer", "person", say("个人", "People"), 1),
        ),
    )  # fmt: skip
    nothing = {"registry_reference": None, "cancelled_on": None, "evidence": None}
    done = views.StepLine(
        state=say("上游已注销", "cancelled upstream"), tone="done", who=say("示例复核", "Sample reviewer"),
        note="VCS-RET-0088412", at=NOW,
    )  # fmt: skip
    waits = inbox_views.InboxRow(
        url="/operator/inbox/00000000-0000-7000-8000-000000000001", kind=say("批次入库", "Lot"), about="CDCER-2024-0311",
        maker=say("罗一", "Luo Yi"), figure="12,400 t", age=Age(number=5, unit="days"), is_late=True, is_open=True,
    )  # fmt: skip
    opened = inbox_views.OpenedView(
        id="00000000-0000-7000-8000-000000000001", kind=say("批次入库", "Lot"),
        title=say("12,400 t 碳惠天府减排量", "12,400 t Chengdu carbon inclusion"), maker=say("罗一", "Luo Yi"),
        proposed_at=NOW - timedelta(days=5), state=say("待复核", "to be reviewed"), tone="todo",
        lines=(
            inbox_views.FactLine(label=say("批次", "Lot"), value="CDCER-2024-0311", before=None),
            inbox_views.FactLine(label=say("标签", "Labels"), value="ICVCM CCP", before=say("无", "none")),
        ),
        payload=PAYLOAD, sha256="4d967a30111bf29f0eba01c448b375c1629b2fed01cdfcc3aed91f1b57d5dd5e",
        outcome=say("同意后立即入库、可售。", "It is open for sale at once."),
        steps=(
            inbox_views.HistoryLine(state=say("待复核", "to be reviewed"), tone="todo", who=say("罗一", "Luo Yi"), note=None,
                                    at=NOW - timedelta(days=5)),
        ),
        typed="12400", unit="t", link="/operator/cancellations/UC-1", is_ready=True, may_decide=True, may_withdraw=False,
        approve_action="/operator/inbox/1/approve", return_action="/operator/inbox/1/return",
        withdraw_action="/operator/inbox/1/withdraw",
    )  # fmt: skip
    inbox = inbox_views.InboxPage(
        **{**console, "here": "/operator/inbox"}, roles=("reviewer",), mine_count=3, mine=(waits,),
        columns=(
            inbox_views.Column(role=say("复核", "reviewer"), count=3, oldest=Age(number=5, unit="days"), is_late=True,
                               url="/operator/inbox", is_on=True),
            inbox_views.Column(role=say("财务", "finance"), count=0, oldest=None, is_late=False,
                               url="/operator/inbox?role=finance", is_on=False),
        ),
        handed_on=(replace(waits, is_open=False, is_late=False, age=Age(number=3, unit="hours"), figure=""),),
        others=(replace(waits, is_open=False, is_late=False, age=Age(number=2, unit="days")),),
        closed_url="/operator/inbox?role=reviewer",
        opened=opened,
    )  # fmt: skip
    return {
        "op_orders": orders,
        "op_orders_typed": replace(
            orders, open=quoted[1], is_asked=True, typed_reason="x", fault_field="reason",
            notice=say("请写明理由，2 至 400 个字。", "Please say why, in 2 to 400 characters."),
        ),
        "op_inbox": inbox,
        "op_inbox_empty": replace(inbox, columns=(), mine=(), mine_count=0, handed_on=(), others=(), opened=None),
        "op_inbox_own": replace(
            inbox, opened=replace(opened, may_decide=False, may_withdraw=True, typed=None, link=None),
            notice=say("输入的数量与提请的不一致。", "What you typed is not the figure."),
        ),
        "op_inbox_not_ready": replace(inbox, opened=replace(opened, is_ready=False)),
        "op_inbox_plain": replace(inbox, opened=replace(opened, typed=None)),
        "op_orders_none": replace(orders, roles=("auditor",), quoted=(), open=None, paging=asked.paging(0)),
        "op_sign_in": views.SignInPage(
            here="/operator/sign-in", sandbox=True, email="", goal=console["here"], has_wechat=True
        ),
        "op_sign_in_wrong": views.SignInPage(
            here="/operator/sign-in", sandbox=True, email="operator@demo.example", goal=console["here"],
            notice=say("邮箱或密码不正确。", "Wrong email or password."),
        ),
        "op_lots": every,
        "op_lots_over": replace(every, show="over", items=over, paging=asked.paging(120)),
        "op_lots_empty": replace(
            every, items=(), paging=asked.paging(0), lots=(), retired_g=0, cancelled_t=0, uncovered_g=0, oldest=None,
            roles=("auditor",),
        ),
        "op_report": replace(
            review, **nothing, roles=("operator",), state=say("待填报回执", "waiting for the proof"), steps=steps[:1],
            can_report=True, can_check=False, can_return=False, is_own=True, can_withdraw=True, typed_reference="?",
            notice=say("请填写登记机构的注销编号。", "Please enter the registry’s number."),
        ),
        "op_review": review,
        "op_review_wire": replace(review, **nothing, mode="registry", steps=steps[:1]),
        "op_own": replace(
            review, can_check=False, can_return=False, is_own=True, can_withdraw=True,
            evidence=replace(proof, is_picture=True),
        ),
        "op_waiting": replace(
            review, **nothing, mode="registry", tone="wait", state=say("等待登记机构确认", "waiting for the registry"),
            last_word="TIMEOUT", can_check=False, can_return=False,
        ),
        "op_cancelled": replace(
            review, tone="done", state=say("上游已注销", "cancelled upstream"), can_check=False, can_return=False,
            checker=say("示例复核", "Sample reviewer"), steps=(*steps, done),
        ),
        "op_cancelled_wire": replace(
            review, tone="done", mode="registry", can_check=False, can_return=False, steps=(*steps, done),
            evidence=replace(proof, kind="json", same=(), signed_by="DRP-SANDBOX-REGISTRY-1",
                             signature="hVZ1b0h4m3x6f2cE1sKq0T9yWnB7uJdR5gLoPzXaVtM8kYiQeHwCjNlFrSvUbGx4A2D6E0I3O5Z7T9Y1W=="),
        ),
        "op_propose": question,
        "op_withdraw": replace(
            question, question="withdraw", reference="UC-20261122-7K3M9QFX", back_url=url, action=f"{url}/withdraw",
            seen=None, typed_reason="x", notice=say("请写明原因，2 至 400 个字。", "Please say why, in 2 to 400 characters."),
        ),
        "op_returned": replace(
            review, tone="void", state=say("已退回", "sent back"), can_check=False, can_return=False,
            reason=say("凭证上的号段不同", "The proof shows another range"),
        ),
    }  # fmt: skip
