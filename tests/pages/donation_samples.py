"""A zone's board, the certificate of special contribution, and the pages of donors and of the zone's owner."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from app.kernel.drawing import landscape_svg, ring_svg
from app.kernel.money import Currency
from app.kernel.text import Language
from app.programmes.donations import Stage
from app.views.page import Amount, Page
from app.views.zones.board_page import BoardCard, BoardPage, BoardStep, PlaceLine
from app.views.zones.page import Coverage, Figure, Stated
from app.views.zones.support_groups import ShownGroup, ShownLine
from app.web.organiser.donations.support import OwnSupport, WaitingSupport
from app.web.organiser.donations.views import (
    DonationsPage,
    DonorChoice,
    GivenLine,
    GivePage,
    IntentLine,
    Waiting,
    ZoneLine,
)
from app.web.public.contributions import ContributionPage, CreditLine

NOW = datetime(2026, 12, 6, 9, 20, 7, tzinfo=UTC)
TONNE = 1_000_000
STEPS = (Stage.INTENT, Stage.AGREED, Stage.TRANSFERRED, Stage.RETIRED)
ALL_TAKEN = tuple(BoardStep(one, is_taken=True) for one in STEPS)
NOT_RETIRED = tuple(BoardStep(one, is_taken=one is not Stage.RETIRED) for one in STEPS)
NONE_TAKEN = tuple(BoardStep(one, is_taken=False) for one in STEPS[2:])
GIVEN = (
    ("示例能源集团", "Sample Energy Group", 300_000, 200),
    ("示例交通集团", "Sample Transport Group", 40_000, 26),
    ("示例水泥", "Sample Cement", 27_695, 18),
    ("示例银行", "Sample Bank", 20_000, 13),
    ("一位不留名的捐赠者", "A donor who stays unnamed", 10_000, 8),
)


def support_groups(language: Language) -> tuple[ShownGroup, ...]:
    """What was given in units of their own."""

    def say(chinese: str, english: str) -> str:
        return chinese if language is Language.ZH else english

    def line(name: tuple[str, str], told: tuple[str, str], quantity: tuple[str, str]) -> ShownLine:
        return ShownLine(donor=say(*name), told=say(*told), quantity=say(*quantity), received_on=date(2026, 11, 5))

    return (
        ShownGroup(
            kind=say("绿证", "Green electricity certificates"),
            total=say("1,700 张", "1,700 certificates"),
            lines=(
                line(
                    ("示例能源集团", "Sample Energy Group"),
                    ("示例风电场 2026 年绿证", "Certificates of a sample wind farm, 2026"),
                    ("1,200 张", "1,200 certificates"),
                ),
                line(
                    ("一位不留名的支持者", "A supporter who stays unnamed"),
                    ("示例光伏电站绿证", "Certificates of a sample solar park"),
                    ("500 张", "500 certificates"),
                ),
            ),
        ),
        ShownGroup(
            kind=say("支持碳汇项目", "Support of a sink project"),
            total="¥50,000.00",
            lines=(
                line(
                    ("示例银行", "Sample Bank"), ("示例竹林碳汇", "A sample bamboo sink"), ("¥50,000.00", "¥50,000.00")
                ),
            ),
        ),
    )


def donation_pages(language: Language) -> dict[str, Page]:
    """By name."""

    def say(chinese: str, english: str) -> str:
        return chinese if language is Language.ZH else english

    title = say("锦城示例运动会低碳专区", "Sample Games low-carbon zone")
    places = tuple(
        PlaceLine(
            place=place, name=say(zh, en), figure=Figure.of(tonnes * TONNE), width=width,
            given_on=date(2026, 11, 2 + place), donations=1, credits=say("CCER · 示例风电", "CCER · Sample wind farm"),
        )
        for place, (zh, en, tonnes, width) in enumerate(GIVEN, start=1)
    )  # fmt: skip
    board = BoardPage(
        here="/z/sample-games/board", sandbox=True, slug="sample-games", accent="green", zone_title=title,
        given=Figure.of(397_695 * TONNE), givers=5, steps=ALL_TAKEN, retired_at=NOW, retirement_number="R-20261206-GH9WGTJ3",
        ranges=5,
        boards=(
            BoardCard(
                title=say("特别贡献榜", "Special contributions"), version=2, since=date(2026, 11, 1),
                minimum=Figure.of(TONNE), places=places,
            ),
            BoardCard(
                title=say("个人榜", "Persons"), version=1, since=date(2026, 11, 1), minimum=None,
                places=(replace(places[0], name="林*", figure=Figure.of(3_000), credits=""),),
            ),
        ),
        emissions=Stated(
            figure=Figure.of(374_600 * TONNE), source=say("第三方核算", "Third party"), stated_on=date(2026, 12, 20)
        ),
        reductions=Stated(
            figure=Figure.of(32_500 * TONNE), source=say("组委会总结", "Committee"), stated_on=date(2026, 12, 20)
        ),
        coverage=Coverage(percent="106.2", filled=94, over=6), coverage_with_guests="106.2",
        guests=Figure.of(12_755_000), organiser=None, compared_at=NOW + timedelta(hours=10), is_agreeing=True,
        ring=Markup(ring_svg("sample-games", use="poster", progress=1)),
        landscape=Markup(landscape_svg("sample-games", 1280, 236, sun_within=(0.43, 0.57), step=10)),
    )  # fmt: skip
    board = replace(board, support=support_groups(language))
    empty = replace(
        board, support=(), given=Figure.of(0), givers=0, steps=NONE_TAKEN, retired_at=None, retirement_number=None, ranges=0,
        boards=(replace(board.boards[0], places=()),), emissions=None, reductions=None, coverage=None,
        coverage_with_guests=None, guests=Figure.of(0), compared_at=None, landscape=None,
    )  # fmt: skip
    paper = ContributionPage(
        here="/v/7K3M9QXR2D", sandbox=True, code="7K3M9QXR2D",
        title=say("特别贡献证书", "Certificate of Special Contribution"),
        number="DD-20261108-CT-7K3M9QXRA", donor=say("示例交通集团", "Sample Transport Group"), zone=title,
        zone_url="/z/sample-games", organiser=say("示例运动会执委会", "Sample Games Committee"),
        figure=Figure.of(40_000 * TONNE), mass_g=40_000 * TONNE, transferred_at=NOW - timedelta(days=28),
        credits=(
            CreditLine(
                told=say("CDCER · 示例绿道碳汇 · 2022", "CDCER · Sample greenway sink · 2022"), lot="CDCER-2022-0113",
                mass_g=40_000 * TONNE,
            ),
        ),
        retirement_number=None, retired_at=None, issuer=say("示例环境交易所", "Sample Exchange"), sha256="9f" * 32,
        superseded_by=None, ring=Markup(ring_svg("DD-CT", use="phone", progress=1)),
    )  # fmt: skip
    line = GivenLine(
        shown_id="don_01JD8Q9T5K3V2M7N4P6R8S0W1X", donor=say("示例交通集团", "Sample Transport Group"),
        mass_g=40_000 * TONNE, at=NOW, stage=Stage.TRANSFERRED, tone="wait", is_named=True,
        paper="DD-20261108-CT-7K3M9QXRA", paper_url="/api/v1/certificates/crt_01JD8Q9T5K3V2M7N4P6R8S0W1X/zh.pdf",
    )  # fmt: skip
    given = (
        line,
        replace(line, mass_g=500 * TONNE, stage=Stage.RETIRED, tone="done", is_named=False, paper=None, paper_url=None),
    )
    meant = IntentLine(
        shown_id="din_01JD8Q9T5K3V2M7N4P6R8S0W1X", donor=line.donor, mass_g=1_000 * TONNE, amount=None,
        due_on=date(2026, 12, 31), stage=Stage.AGREED, tone="wait", digest="9f86d081884c7d65", is_open=True, order_url=None,
        is_named=True,
    )  # fmt: skip
    intents = (
        meant,
        replace(meant, stage=Stage.INTENT, tone="todo", digest=None, order_url="/o/ord_01JD8Q9T5K3V2M7N4P6R8S0W1X"),
        replace(
            meant, mass_g=None, amount=Amount(minor=30_000_000, currency=Currency.CNY), stage=Stage.LAPSED,
            tone="void", is_open=False,
        ),
    )  # fmt: skip
    desk = {"sandbox": True, "csrf_token": "token", "roles": (), "door": "organiser", "links": ()}
    own = DonationsPage(
        here="/organiser/donations", given=given,
        zones=(
            ZoneLine(
                url="/organiser/donations/sample-games", title=title, owner=say("示例运动会执委会", "Sample Games Committee"),
                donated_g=397_695 * TONNE, is_own=True,
            ),
        ),
        **desk,
    )  # type: ignore[arg-type] # fmt: skip
    give = GivePage(
        here="/organiser/donations/sample-games", section="/organiser/donations", title=title, zone_url="/z/sample-games",
        board_url="/z/sample-games/board", action="/organiser/donations/sample-games",
        upload_action="/organiser/donations/sample-games/agreement",
        donors=(
            DonorChoice(shown_id="org_01JD8Q9T5K3V2M7N4P6R8S0W1X", name=line.donor, held_g=60_000 * TONNE),
            DonorChoice(shown_id="org_01JD8Q9T5K3V2M7N4P6R8S0W1Y", name=say("示例客运", "Sample Buses"), held_g=0),
        ),
        is_own=False, held_g=397_695 * TONNE, donated_g=397_695 * TONNE, donors_g=0, emission_g=374_600 * TONNE,
        percent="0.0", alone_g=50 * TONNE, waiting=None, given=given, intents=intents, key="k", today="2026-12-06", **desk,
    )  # type: ignore[arg-type] # fmt: skip
    refused = replace(
        give, given=(), intents=(), fault_field="give_t",
        notice=say("捐赠内容无效：请填写吨数，最多六位小数。", "The donation cannot be made so: give tonnes."),
        typed={"give_t": "四百"},
    )  # fmt: skip
    owner = replace(
        give, is_own=True, donors=(), given=(), intents=(), support_action="/organiser/donations/sample-games/support",
        report_url="/organiser/donations/sample-games/report.zip",
    )  # fmt: skip
    recorded = WaitingSupport(
        shown_id="apr_01JD8Q9T5K3V2M7N4P6R8S0W1X", digest="9f" * 32, kind=say("绿证", "Green electricity certificates"),
        quantity=say("1,200 张", "1,200 certificates"),
        told=say("示例风电场 2026 年绿证", "Certificates of a sample wind farm, 2026"),
        donor=say("示例能源集团", "Sample Energy Group"), document="9f" * 8, is_mine=False,
    )  # fmt: skip
    given_support = OwnSupport(
        shown_id="sup_01JD8Q9T5K3V2M7N4P6R8S0W1X", kind=recorded.kind, quantity=recorded.quantity, told=recorded.told,
        donor=recorded.donor, is_named=False,
    )  # fmt: skip
    waiting = Waiting(
        shown_id="apr_01JD8Q9T5K3V2M7N4P6R8S0W1X", digest="9f" * 32, mass_g=397_695 * TONNE, is_mine=False
    )
    return {
        "board": board,
        "board_empty": empty,
        "board_waiting": replace(
            board,
            steps=NOT_RETIRED,
            retired_at=None,
            retirement_number=None,
            organiser=Figure.of(TONNE),
        ),
        "board_differs": replace(board, is_agreeing=False),
        "contribution": paper,
        "contribution_retired": replace(
            paper, retirement_number="R-20261206-GH9WGTJ3", retired_at=NOW, superseded_by="DD-20261206-CT-0H8RTW2CA"
        ),
        "donations": own,
        "donations_empty": replace(own, zones=(), given=()),
        "give": give,
        "give_refused": refused,
        "give_nobody": replace(give, donors=(), given=(), intents=()),
        "give_owner": owner,
        "give_support": replace(give, support=(given_support, replace(given_support, is_named=True))),
        "give_owner_support": replace(
            owner, support_waiting=(recorded, replace(recorded, is_mine=True)), report_digest="9f" * 32
        ),
        "give_owner_support_refused": replace(
            owner,
            fault_field="told_en",
            notice=say("捐赠内容无效。", "The donation cannot be made so."),
            typed={"support_donor": "CN 91510100MA0000002X", "kind": "project", "quantity": "50,000", "unit": "fen"},
        ),
        "give_owner_waiting": replace(owner, waiting=waiting),
        "give_owner_proposed": replace(owner, waiting=replace(waiting, is_mine=True)),
        "give_owner_empty": replace(owner, held_g=0, percent="106.2", donors_g=397_695 * TONNE),
    }
