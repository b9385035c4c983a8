"""A scene being set up, as the pages show it: each step empty, filled, at fault; the list; the preview."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.scenarios import DraftState, Group, Layers
from app.views.page import Amount, Page
from app.views.scene import Estimate, Mode, ScenePage
from app.views.scene_drafts.content import Content, PeopleGroup, Step
from app.views.scene_drafts.counting import ActivityRow, HostFigure
from app.views.scene_drafts.paying import GiftCost
from app.web.organiser.scene_drafts import groups, host
from app.web.organiser.scene_drafts.pages_list import SceneListPage, SceneRow
from app.web.organiser.scene_drafts.views import (
    CountingPage,
    GroupsPage,
    HostPage,
    KindPage,
    PayingPage,
    Problem,
    ProgrammeChoice,
    ReviewPage,
    TemplateChip,
)

NOW = datetime(2026, 11, 29, 2, 33, tzinfo=UTC)
DRAFT = "sdr_01KAJ3V9X5T8Q2M7R4W6Y0Z1AB"
HERE = f"/organiser/scenes/{DRAFT}"
LONG = "示例城市第二十七届职工与家属环城绿道健步走暨垃圾分类知识竞赛开幕式"


def draft_pages(
    language: Language, ring: Callable[[], Markup], estimate: Estimate, modes: tuple[Mode, ...], scene: ScenePage
) -> Mapping[str, Page]:
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    def yuan(fen: int) -> Amount:
        return Amount(minor=fen, currency=Currency.CNY)

    def base(step: Step, address: str) -> dict[str, object]:
        return {
            "here": f"{HERE}/{address}", "sandbox": True, "roles": (), "door": "organiser", "csrf_token": "token",
            "section": "/organiser/scenes", "draft": DRAFT, "step": step, "title": say("示例职工欢乐跑", "Sample Fun Run"),
            "organiser": say("示例城市总工会", "Sample City Trade Union"), "revision": 3, "saved_at": NOW,
            "state": DraftState.DRAFT, "action": f"{HERE}/{address}", "preview_url": f"{HERE}/preview",
        }  # fmt: skip

    kind = KindPage(
        **base(Step.KIND, "kind"), kinds=("event", "meeting", "site"),
        typed={"kind": "event", "title_zh": "示例职工欢乐跑", "title_en": "Sample Fun Run", "place_zh": "示例绿道",
               "place_en": "Sample Greenway", "starts_on": "2026-11-29", "ends_on": "2026-11-30"},
    )  # type: ignore[arg-type]  # fmt: skip
    rows = tuple(
        ActivityRow(
            field=field, icon=icon, label=say(chinese, english), unit=say("餐", "meals"), quantity="1", is_on=is_on,
            lines=estimate.lines[1:2], grams=2_237 if is_on else 0,
        )
        for field, icon, chinese, english, is_on in (
            ("meals_mixed", "meal", "混合餐", "Mixed meals", True),
            ("clothes_tshirt", "shirt", "T 恤", "T-shirts", True),
            ("bottled_water_l", "drop", "瓶装水", "Bottled water", False),
            ("hotel_nights", "bed", "酒店住宿", "Hotel nights", False),
        )
    )  # fmt: skip
    figure = HostFigure(
        grams=2_711_360, mass_text="2.71 t", lines=estimate.lines, market_grams=3_255_200, edition="2025.1"
    )
    layers = Layers(
        groups=(
            Group(code="visitors", name=Text(zh="来宾", en="Visitors")),
            Group(code="staff", name=Text(zh="工作人员", en="Staff"), emission_g=1_200_500),
            Group(code="host", name=Text(zh="主办方自己", en="The organiser itself"), emission_g=2_711_360),
        ),
        default_group="visitors", organiser_covers=("staff", "host"),
        source=Text(zh="主办方自己：大型活动计算器，因子集 2025.1；其他人群：主办方申报",
                    en="The organiser itself: event calculator, factor set 2025.1; other groups: stated by the organiser"),
    )  # fmt: skip
    said = Content(
        covers_host=True,
        groups=(
            PeopleGroup(code="visitors", name_zh="来宾", name_en="Visitors"),
            PeopleGroup(code="staff", name_zh="工作人员", name_en="Staff", is_covered=True, stated_grams=1_200_500),
        ),
    )
    counting = CountingPage(
        **base(Step.COUNTING, "counting"),
        templates=tuple(
            TemplateChip(key, say(chinese, english), icon, key == "race")
            for key, chinese, english, icon in (
                ("race", "赛事", "Race", "people"), ("meeting", "会议", "Meeting", "books"),
                ("show", "演出", "Show", "ticket"), ("fair", "展会", "Fair", "layers"), ("blank", "空白", "Blank", "plus"),
            )
        ),
        modes=modes, firsts=tuple((one.key, one.label) for one in modes), rows=rows, estimate=estimate, host=figure,
        host_url=f"{HERE}/host", layers=layers,
        typed={"mode_metro": "on", "mode_car": "on", "default_km": "23", "most_km": "100", "on_meals_mixed": "on",
               "on_clothes_tshirt": "on", "first": "metro"},
    )  # type: ignore[arg-type]  # fmt: skip
    typed = {"attendees": "300", "days": "1", "electricity_kwh": "1200", "travel_0_people": "100", "reason_waste": "x"}
    event = HostPage(
        **base(Step.COUNTING, "host"), groups=host.groups(language), travel_modes=host.travel_modes(language),
        travel_rows=range(3), materials=(("material.wood", say("木材", "wood")),), material_rows=range(2), host=figure,
        back_url=f"{HERE}/counting", typed=typed,
    )  # type: ignore[arg-type]  # fmt: skip
    answering = GroupsPage(
        **base(Step.COUNTING, "groups"), rows=range(3), host=figure, layers=layers, back_url=f"{HERE}/counting",
        typed=groups.typed(said),
    )  # type: ignore[arg-type]  # fmt: skip
    cost = GiftCost(
        people=300,
        each_g=12_400,
        likely_g=3_720_000,
        likely=yuan(18_600),
        most_g=6_000_000,
        most=yuan(30_000),
        lacking_g=0,
    )
    paying = PayingPage(
        **base(Step.PAYING, "paying"), payers=("visitors", "gift", "both"),
        programmes=(ProgrammeChoice("CDCER", "CDCER 碳惠天府", yuan(5_000), 96_000_000),
                    ProgrammeChoice("CCER", "CCER", None, 0)),
        estimate=estimate, cost=cost,
        typed={"payer": "gift", "programme": "CDCER", "amount": "cover", "each_kg": "20", "people": "300",
               "gift_starts_at": "2026-11-29T00:00", "gift_ends_at": "2026-12-01T00:00", "message_zh": "谢谢你来",
               "message_en": "Thank you for coming"},
    )  # type: ignore[arg-type]  # fmt: skip
    review = ReviewPage(
        **base(Step.REVIEW, "review"), name=Text(zh="示例职工欢乐跑", en="Sample Fun Run"),
        place=Text(zh="示例绿道", en="Sample Greenway"), scene_kind="event", starts_on=date(2026, 11, 29),
        ends_on=date(2026, 11, 30), modes=(Text(zh="地铁", en="Metro"), Text(zh="自驾", en="Car")), default_km=23,
        most_km=100, activities=Text(zh="混合餐 1 餐", en="Mixed meals 1 meals"), estimate=estimate, host=figure,
        layers=layers, payer="gift", programme="CDCER 碳惠天府", cost=cost, gift_kind="cover", gift_delivers="retire",
        each_g=20_000,
        gift_starts_at=NOW, gift_ends_at=NOW + timedelta(days=2), message=Text(zh="谢谢你来", en="Thank you for coming"),
        problems=(), is_verified=True, has_changed=False, waits_since=None, decided_at=None, reason=None, code=None,
        scan_url="", urls={one: f"{HERE}/{one}" for one in ("kind", "counting", "paying", "review", "host", "groups")},
    )  # type: ignore[arg-type]  # fmt: skip
    unfilled = replace(
        review, estimate=None, host=None, layers=None, cost=None, each_g=None, gift_starts_at=None, gift_ends_at=None,
        payer="", scene_kind="", starts_on=None, modes=(),
        default_km=None, place=None, message=None, activities=None, is_verified=False,
        problems=(
            Problem(text=say("请写英文名称", "Write the name in English"), step=Step.KIND, url=f"{HERE}/kind"),
            Problem(text=say("至少选一种出行方式", "Choose at least one way"), step=Step.COUNTING, url=f"{HERE}/counting"),
        ),
    )  # fmt: skip
    sent = replace(review, state=DraftState.WAITING, waits_since=NOW, code="H7QP3K")

    def row(state: DraftState, title: str, **more: object) -> SceneRow:
        told = {
            "url": f"{HERE}/review", "title": title, "organiser": review.organiser, "code": None, "state": state,
            "starts_on": date(2026, 11, 29), "ends_on": date(2026, 11, 30), "at": NOW, "ring": ring(),
        }  # fmt: skip
        return SceneRow(**told | more)  # type: ignore[arg-type]

    listed = SceneListPage(
        here="/organiser/scenes", sandbox=True, roles=(), door="organiser", section="/organiser/scenes",
        csrf_token="token", can_begin=True, discarded=DRAFT,
        rows=(
            row(DraftState.DRAFT, "", draft=DRAFT, starts_on=None),
            row(DraftState.WAITING, review.title, code="H7QP3K"),
            row(DraftState.RETURNED, say(LONG, "The 27th walk " * 5), draft=DRAFT, code="H7QP30",
                reason=say("日期与公告不一致，请核对", "The days differ from the notice")),
            row(DraftState.OPEN, say("示例骑行节", "Sample Ride"), code="H7QP31", people=812, mass_g=9_640_000),
            row(DraftState.ENDED, "سباق المدينة", code="H7QP32", people=1, mass_g=900),
        ),
    )  # fmt: skip
    faults = {
        "title_en": say("请写英文名称", "Write the name in English"),
        "ends_on": say("结束早于开始", "It ends before it begins"),
        "kind": say("请选择类型", "Choose a kind"),
    }  # fmt: skip
    return {
        "draft_new": replace(
            kind, draft="", typed={}, preview_url="", saved_at=None, title="", new_id=DRAFT, action="/organiser/scenes/new",
            organisers=(("org_1", review.organiser), ("org_2", say("示例碳汇公司", "Sample Carbon Company"))),
        ),
        "draft_kind": kind,
        "draft_kind_faults": replace(kind, faults=faults, typed={"title_zh": LONG, "title_en": ""}),
        "draft_counting": counting,
        "draft_counting_none": replace(
            counting, estimate=None, host=None, layers=None, typed={}, rows=tuple(replace(one, is_on=False) for one in rows),
            faults={"modes": say("至少选一种出行方式", "Choose at least one way to come")},
        ),
        "draft_host": event,
        "draft_groups": answering,
        "draft_groups_none": replace(answering, host=None, layers=None, rows=range(2), typed=groups.typed(Content())),
        "draft_groups_faults": replace(
            answering, layers=replace(layers, groups=(*layers.groups[:2], replace(layers.groups[2], emission_g=None))),
            typed=groups.typed(said) | {"groups/1/kg": "很多", "groups/1/name_en": "", "groups/2/name_zh": LONG[:40]},
            faults={
                "groups/1/name_en": say("名称应有 1 到 40 个字", "a name has 1 to 40 characters"),
                "groups/1/kg": say("请填大于 0 的数", "Type a number above 0"),
                "groups/2/name_en": say("名称应有 1 到 40 个字", "a name has 1 to 40 characters"),
            },
        ),
        "draft_paying": paying,
        "draft_paying_lacking": replace(paying, cost=replace(cost, lacking_g=900_000, likely=None)),
        "draft_review": review,
        "draft_review_unfilled": unfilled,
        "draft_waiting": replace(sent, has_changed=True),
        "draft_returned": replace(
            sent, state=DraftState.RETURNED, reason=say("日期与公告不一致，请核对", "The days differ from the notice"),
            decided_at=NOW,
        ),
        "draft_open": replace(sent, state=DraftState.OPEN, scan_url="https://example.org/s/H7QP3K"),
        "draft_changed": replace(
            kind, notice=say("这份草稿在别处改过了。", "This draft was changed elsewhere."), state=DraftState.WAITING
        ),
        "scenes": listed,
        "scenes_none": replace(listed, rows=(), discarded=""),
        "scene_preview": replace(
            scene, is_preview=True, preview_back=f"{HERE}/kind", place=say("示例绿道", "Sample Greenway"), neutralised=0,
        ),
    }  # fmt: skip
