"""Gifts as the pages show them: collected, being written, a part; and the organiser's desk from nothing to the end."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from uuid import UUID

from markupsafe import Markup
from PIL import Image, ImageDraw

from app.kernel.money import Currency
from app.kernel.text import Language
from app.programmes.gifts import (
    AmountKind,
    Audience,
    Campaign,
    CampaignState,
    CardEventKind,
    CardState,
    Phase,
    TransferState,
)
from app.views.giving.campaigns import Forecast
from app.views.giving.codes import CodePage, CodeStep
from app.views.giving.collecting import GiftPhase
from app.views.giving.logos import PLACE
from app.views.giving.offers import GivePage, OfferPage, OfferShown, Source, TakePage
from app.views.page import Amount, Page
from app.views.scene import LogoShown
from app.web.citizen.gifts.pages import GiftPage
from app.web.citizen.gifts.pages_cards import CardLine, CardShown, CardsPage
from app.web.citizen.gifts.pages_held import FigureChoice, HeldPage, UseShown
from app.web.organiser.gifts.page import Bar, BatchShown, Bought, GiftDeskPage, GroupChoice, Row

NOW = datetime(2026, 11, 29, 2, 33, tzinfo=UTC)
FIGURES = {
    Language.ZH: (
        FigureChoice(id="fig_1", title="2025 年全年", mass_g=4_087_389),
        FigureChoice(id="fig_2", title="2025 年 11 月 3 日", mass_g=6_852),
    ),
    Language.EN: (
        FigureChoice(id="fig_1", title="The year 2025", mass_g=4_087_389),
        FigureChoice(id="fig_2", title="3 Nov 2025", mass_g=6_852),
    ),
}
LOGO = LogoShown(url=f"{PLACE}/sample.png", width=144, height=48)
NO_PICTURE = LogoShown(url="/gone.png", width=48, height=48)


@cache
def logo_png() -> bytes:
    """What stands at the address of `LOGO`: a lake with three hills, and no word."""
    picture = Image.new("RGBA", (480, 160))
    brush = ImageDraw.Draw(picture)
    for left, top, colour in ((0, 70, "#7DBB4F"), (120, 10, "#0B5D46"), (270, 50, "#3C8C7A")):
        brush.polygon([(left, 140), (left + 105, top), (left + 210, 140)], fill=colour)
    brush.rounded_rectangle((0, 128, 479, 152), 12, fill="#0F8F8A")
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def gift_pages(language: Language, ring: Callable[[], Markup], landscape: Callable[[], Markup]) -> Mapping[str, Page]:
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    mine = GiftPage(
        here="/g/gft_01KAJ3V9X5T8Q2M7R4W6Y0Z1AB",
        sandbox=True,
        gift_id="gft_01KAJ3V9X5T8Q2M7R4W6Y0Z1AB",
        phase=GiftPhase.NAMING,
        title=say("示例职工欢乐跑", "3rd Workers’ Fun Run"),
        scene_url="/s/H7QP3K",
        giver=say("示例城市总工会", "Sample City Trade Union"),
        no=1287,
        mass_g=12_400,
        covers_all=True,
        emission_g=12_400,
        rest=None,
        is_named=False,
        csrf_token="token",
        refresh_s=None,
        ring=ring(),
        landscape=landscape(),
    )
    campaign = Campaign(
        id=UUID(int=1), scenario_id=UUID(int=2), sponsor_id=UUID(int=3), account_id=UUID(int=4), holder="pool:h7qp3k-a1",
        state=CampaignState.OPEN, audience=Audience.EVERYONE, amount=AmountKind.COVER, each_g=20_000, most_people=2_400,
        starts_at=NOW - timedelta(hours=2), ends_at=NOW + timedelta(hours=8), message_zh="谢谢你来",
        message_en="Thank you for coming", collected_g=16_120_000, people=1_300, left_g=3_880_000,
    )  # fmt: skip
    bars = tuple(
        Bar(NOW - timedelta(minutes=59 - at), 4 + (at * 7) % 23, 3_880_000 + (59 - at) * 190_000) for at in range(60)
    )

    def yuan(fen: int) -> Amount:
        return Amount(minor=fen, currency=Currency.CNY)

    desk = GiftDeskPage(
        here="/organiser/H7QP3K/gift",
        sandbox=True,
        roles=(),
        door="organiser",
        section="/organiser",
        csrf_token="token",
        code="H7QP3K",
        title=mine.title,
        scene_url="/organiser/H7QP3K",
        action="/organiser/H7QP3K/gift",
        campaign=campaign,
        phase=Phase.OPEN,
        typed={
            "amount": "cover", "each_kg": "20", "most_people": "2400", "starts_at": "2026-11-29T08:33",
            "ends_at": "2026-11-29T18:33", "message_zh": "谢谢你来", "message_en": "Thank you for coming",
        },
        is_low=True,
        forecast=Forecast(at=NOW + timedelta(minutes=22), per_minute=14),
        bars=bars,
        latest=tuple(Row(1_300 - at, 12_400 - 700 * at, NOW - timedelta(minutes=at), at % 3 > 0) for at in range(8)),
        bought=(
            Bought(shown_line="lin_2", at=NOW, mass_g=12_000_000, paid=yuan(60_000), free_g=3_880_000, back=yuan(19_400)),
            Bought(shown_line="lin_1", at=NOW, mass_g=8_000_000, paid=yuan(40_000), free_g=0, back=yuan(0)),
        ),
        held_g=5_000_000,
        export_url="/organiser/H7QP3K/gift.xlsx",
        refresh_s=10,
    )  # fmt: skip
    code = CodePage(
        here="/s/H7QP3K/code", sandbox=True, step=CodeStep.ASKED, title=mine.title, giver=mine.giver, scene_url="/s/H7QP3K",
        action="/s/H7QP3K/code", gift_code="7K3M-9QFX-2R8T-4W6Y-0Z1A", intent="intent", csrf_token="token",
    )  # fmt: skip
    lines = (
        CardLine(CardEventKind.ISSUED, 20_000, NOW, None),
        CardLine(CardEventKind.BOUND, 0, NOW, None),
        CardLine(CardEventKind.USED, 4_542, NOW, "/g/gft_01KAJ3V9X5T8Q2M7R4W6Y0Z1AB"),
    )

    def gone(kind: CardEventKind) -> CardLine:
        return CardLine(kind, 15_458, NOW, None)

    one_card = CardShown(
        title=mine.title, giver=mine.giver, scene_url="/s/H7QP3K", state=CardState.PART_USED, issued_g=20_000,
        left_g=15_458, ends_at=NOW + timedelta(days=30), lines=lines,
    )  # fmt: skip
    given_card = replace(
        one_card, left_g=6_458, given_g=4_000, offered_g=5_000, give_url="/me/give?gift=gcd_1",
        lines=(*lines, CardLine(CardEventKind.GIVEN, 4_000, NOW, None)),
    )  # fmt: skip
    got_card = replace(
        one_card, state=CardState.BOUND, issued_g=4_000, left_g=4_000, is_from_person=True,
        lines=(CardLine(CardEventKind.ISSUED, 4_000, NOW, None), lines[1]),
    )  # fmt: skip
    cards = CardsPage(here="/card", sandbox=True, cards=(), intent="intent", csrf_token="token")
    held = HeldPage(
        here=mine.here, sandbox=True, gift_id=mine.gift_id, title=mine.title, scene_url="/s/H7QP3K", giver=mine.giver,
        mass_g=20_000, left_g=15_458, left_kg="15.458 kg", given_g=0, offered_g=0, is_from_person=False, figures=(),
        emission_g=12_400, collected_at=NOW, is_there=True,
        uses=(UseShown(mass_g=1_000, at=NOW, url=None), UseShown(mass_g=3_542, at=NOW, url="/c/crt_1")), papers=1,
        kg="7.858", intent="intent", csrf_token="token", refresh_s=2, ring=ring(),
    )  # fmt: skip
    one = OfferShown(
        id="gtr_01KAJ3V9X5T8Q2M7R4W6Y0Z1AB", state=TransferState.OFFERED, grams=4_000, giver=mine.giver, offered_at=NOW,
        expires_at=NOW + timedelta(days=7), ended_at=None, code="7K3M-9QFX-2R8T-4W6Y-0Z1A",
        url="https://diandian.example/take?code=7K3M9QFX2R8T4W6Y0Z1A",
    )  # fmt: skip
    give = GivePage(
        here="/me/give", sandbox=True, lasts_days=7, is_closed=False, intent="intent", csrf_token="token",
        sources=(
            Source(id="gft_1", title=mine.title, giver=mine.giver, left_g=15_458, is_chosen=True),
            Source(id="gft_2", title=mine.title, giver=mine.giver, left_g=7),
        ),
        offers=(one, *(replace(one, state=state, ended_at=NOW) for state in TransferState if state != "offered")),
    )  # fmt: skip
    offered = OfferPage(
        here=f"/me/give/{one.id}", sandbox=True, offer=one, title=mine.title, intent="intent", csrf_token="token"
    )
    of_card = replace(one, card_until=NOW + timedelta(days=30))
    take = TakePage(here="/take", sandbox=True, intent="intent", csrf_token="token")
    return {
        "held": replace(held, uses=held.uses[1:], refresh_s=None),
        "held_making": held,
        "held_coming": replace(held, is_there=False, left_g=20_000, uses=()),
        "held_given_on": replace(
            held, left_g=6_458, given_g=4_000, offered_g=5_000, figures=FIGURES[language], uses=held.uses[1:], refresh_s=None
        ),
        "held_from_person": replace(
            held, is_from_person=True, mass_g=4_000, left_g=4_000, emission_g=0, uses=(), refresh_s=None, kg="4",
            figures=FIGURES[language],
        ),
        "held_from_person_first": replace(
            held, is_from_person=True, mass_g=4_000, left_g=4_000, emission_g=0, uses=(), refresh_s=None, kg="4"
        ),
        "give_on": give,
        "give_on_fault": replace(give, kg="99", kg_fault=say("只剩 15.458 kg，请改小。", "Only 15.458 kg are left.")),
        "give_on_card": replace(
            give, has_cards=True, offers=(of_card,),
            sources=(
                Source(id="gft_1", title=mine.title, giver=mine.giver, left_g=15_458),
                Source(
                    id="gcd_1", title=mine.title, giver=mine.giver, left_g=6_458, card_until=NOW + timedelta(days=30),
                    is_chosen=True,
                ),
            ),
        ),
        "give_on_nothing": replace(give, sources=(), offers=()),
        "give_on_closed": replace(give, is_closed=True),
        "offer": offered,
        "offer_taken": replace(offered, offer=replace(one, state=TransferState.TAKEN, code=None, url=None, ended_at=NOW)),
        "offer_back_too_late": replace(offered, notice=say("对方已经收下，不能收回。", "It was accepted already.")),
        "offer_card": replace(offered, offer=of_card),
        "offer_card_taken": replace(
            offered, offer=replace(of_card, state=TransferState.TAKEN, code=None, url=None, ended_at=NOW)
        ),
        "offer_card_taken_back": replace(
            offered, offer=replace(of_card, state=TransferState.TAKEN_BACK, code=None, url=None, ended_at=NOW)
        ),
        "offer_card_killed": replace(
            offered, offer=replace(of_card, state=TransferState.KILLED, code=None, url=None, ended_at=NOW)
        ),
        "take_card": replace(take, code="7K3M", offer=of_card, title=mine.title),
        "take_card_killed": replace(
            take, code="7K3M", offer=replace(of_card, state=TransferState.KILLED, ended_at=NOW), title=mine.title
        ),
        "take": take,
        "take_fault": replace(take, code="0000", fault=say("没有这个领取码，请核对后再填。", "No such code.")),
        "take_offered": replace(take, code="7K3M", offer=offered.offer, title=mine.title),
        "take_over": replace(
            take, code="7K3M", offer=replace(one, state=TransferState.EXPIRED, ended_at=NOW), title=mine.title
        ),
        "held_used": replace(held, left_g=0, uses=held.uses[1:], refresh_s=None),
        "held_fault": replace(
            held, kg="99", kg_fault=say("这份赠碳只剩 15.5 kg，请改小克数。", "Only 15.5 kg of this gift are left; take less."),
            name="ꆈ" * 60, name_fault=say("最多 50 个字。", "At most 50 characters."),
        ),
        "held_logo": replace(held, logo=LOGO, uses=held.uses[1:], refresh_s=None),
        "gift_logo": replace(mine, logo=LOGO),
        "gift_logo_gone": replace(mine, logo=NO_PICTURE),
        "gift": mine,
        "gift_code": code,
        "gift_code_fault": replace(code, gift_code="0000", fault=say("没有这个领取码，请核对后再填。", "No such code.")),
        "gift_code_declined": replace(code, step=CodeStep.DECLINED, gift_code=""),
        "gift_code_passed_on": replace(
            code, step=CodeStep.PASSED_ON, gift_code="", new_code="2R8T-7K3M-4W6Y-9QFX-0Z1A",
            new_url="https://diandian.example/s/H7QP3K?gift_code=2R8T7K3M4W6Y9QFX0Z1A",
        ),
        "cards": replace(
            cards,
            cards=(
                one_card,
                replace(one_card, state=CardState.EXPIRED, left_g=0, lines=(*lines, gone(CardEventKind.EXPIRED))),
                replace(one_card, state=CardState.KILLED, left_g=0, lines=(*lines, gone(CardEventKind.KILLED))),
                replace(one_card, state=CardState.USED, left_g=0),
                replace(one_card, state=CardState.BOUND, left_g=20_000, lines=lines[:2]),
            ),
        ),
        "cards_given": replace(cards, cards=(given_card, got_card)),
        "cards_none": cards,
        "cards_fault": replace(cards, typed="0000", fault=say("这张卡已由别人绑定。", "This card is taken.")),
        "gift_writing": replace(mine, phase=GiftPhase.CERTIFYING, is_named=True, name="林小川", refresh_s=3),
        "gift_part": replace(
            mine, covers_all=False, mass_g=20_000, emission_g=31_600, rest=Amount(minor=58, currency=Currency.CNY)
        ),
        "gift_name_fault": replace(
            mine, name="ꆈ" * 60, name_fault=say("最多 50 个字。", "At most 50 characters."),
        ),
        "gift_desk": desk,
        "gift_desk_draft": replace(
            desk, campaign=replace(campaign, state=CampaignState.DRAFT, collected_g=0, people=0, left_g=0),
            phase=Phase.DRAFT, is_low=False, forecast=None, latest=(), refresh_s=None,
            notice=say("请填写吨数", "Say how many tonnes"), fault_field="buy_t",
        ),
        "gift_desk_codes": replace(
            desk, campaign=replace(campaign, audience=Audience.CODES),
            groups=(GroupChoice("runners", say("参赛者", "Runners")), GroupChoice("staff", say("工作人员", "Staff"))),
            batches=(BatchShown("gcb_1", say("志愿者", "Volunteers"), say("工作人员", "Staff"), 200, 41, NOW, None, 3, 5),
                     BatchShown("gcb_2", say("嘉宾", "Guests"), "", 20, 0, NOW, NOW)),
        ),
        "gift_desk_cards": replace(
            desk, campaign=replace(campaign, audience=Audience.CARDS, promised_g=3_150_000),
            batches=(BatchShown("gcb_3", say("嘉宾", "Guests"), "", 200, 31, NOW, None, 0, 0, 20_000, 62, 3_150_000),),
        ),
        "gift_desk_logo": replace(desk, giver=mine.giver, logo=LOGO),
        "gift_desk_logo_fault": replace(
            desk, giver=mine.giver, logo=NO_PICTURE, fault_field="logo", refresh_s=None,
            notice=say("标志没有保存：文件不得超过 1 MB。", "The logo was not kept: the file may have at most 1 MB."),
        ),
        "gift_desk_logo_over": replace(
            desk, campaign=replace(campaign, state=CampaignState.ENDED), phase=Phase.OVER, is_low=False, forecast=None,
            refresh_s=None, giver=mine.giver, logo=LOGO,
        ),
        "gift_desk_paused": replace(desk, phase=Phase.PAUSED, is_low=False, forecast=None, refresh_s=None),
        "gift_desk_empty": replace(desk, campaign=replace(campaign, left_g=0), forecast=None),
        "gift_desk_over": replace(
            desk, campaign=replace(campaign, state=CampaignState.ENDED), phase=Phase.OVER, is_low=False, forecast=None,
            refresh_s=None, home_at=NOW + timedelta(days=7),
        ),
        "gift_desk_none": replace(
            desk, campaign=None, phase=None, is_low=False, forecast=None, bars=(), latest=(), refresh_s=None
        ),
    }  # fmt: skip
