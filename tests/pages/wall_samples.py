"""The big screen with nobody, one, six and twelve people on it; its page of the organiser's; the card on a certificate."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from markupsafe import Markup

from app.kernel.drawing import night_ridges_svg, qr_svg
from app.kernel.text import Language
from app.programmes import wall
from app.views.certificates.certificate import CertificatePage, OnScreen
from app.views.console import Age
from app.views.page import Page
from app.views.wall.board import WallBoard, WallBoards, WallRow
from app.views.wall.rehearsing import PEOPLE
from app.views.wall.screen import Operating, Project, ScreenPage
from app.web.organiser.wall.views import ScreenCheck, ScreenChecksPage, ScreenRow, TurnRow, WallPage

NOW = datetime(2026, 11, 29, 2, 33, tzinfo=UTC)
_NAMES = (
    "林小川", "Emma W.", None, "刘师傅", "欧阳晓棠的父亲和母亲与孩子", "Kenji", "Maximilian von und zu Sample", "卓玛", "何满",
    "苏和", "Noor", "A",
)  # fmt: skip


def wall_pages(
    language: Language, certificate: CertificatePage, landscape: Callable[[str], Markup]
) -> Mapping[str, Page]:
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    def turn(slot: int, slots: int, *, ago_s: int = 3) -> wall.TurnFrame:
        begun = NOW - timedelta(seconds=ago_s)
        return wall.turn_frame(
            wall.Shown(
                id=slot,
                no=1285 + slot,
                person_id=UUID(int=slot),
                name=_NAMES[slot - 1],
                mass_g=12_400 * slot,
                slot=slot,
                slots=slots,
                show_from=begun,
                show_to=begun + timedelta(seconds=30),
            )
        )

    def screen(slots: int, **changed: object) -> ScreenPage:
        showing = tuple(turn(slot, slots, ago_s=2 * slot) for slot in range(1, slots + 1))
        over = tuple(turn(slot, 1, ago_s=40 + slot) for slot in range(1, 9)) if slots else ()
        plain = ScreenPage(
            here="/wall/token",
            sandbox=True,
            token="token",
            title=say("示例职工欢乐跑", "Sample Workers’ Fun Run"),
            organiser=say("示例城市总工会", "Sample City Trade Union"),
            mass=("15.94", "t"),
            people=1286,
            dot_people=1,
            waiting=23 if slots > 1 else 0,
            wait_minutes=2,
            turn_s=30,
            now_ms=wall.milliseconds(NOW),
            now=NOW,
            cursor=4711,
            layout=wall.layout([slots] if slots else []).value,
            showing=showing,
            turns=(*over, *showing),
            latest=over,
            ring_url="/wall/token/rings/people-1286.svg",
            ridges=Markup(night_ridges_svg("H7QP3K")),
            landscape=landscape("scn_wall"),
            qr=Markup(qr_svg("https://dd.example.org/s/H7QP3K", ground=None)),
            scan_url="https://dd.example.org/s/H7QP3K",
            boards=WallBoards(boards=()),
            board_s=15,
            photos=(),
            project=Project(
                name=say("示例绿道碳汇（二期）", "Sample greenway sink (phase 2)"),
                programme=say("CDCER 碳惠天府减排量", "CDCER"),
                vintage=2022,
                place=say("四川（示例）", "Sichuan (sample)"),
                picture=landscape("project"),
            ),
            rehearsed=(),
            rehearsed_slots=0,
            operating=None,
        )
        return replace(plain, **changed)  # type: ignore[arg-type]

    board = WallBoards(
        boards=(
            WallBoard(
                title={Language.ZH: "特别贡献榜", Language.EN: "Special contributions"},
                rows=tuple(
                    WallRow(place=place, name={Language.ZH: zh_name, Language.EN: en_name}, mass=(mass, "t"))
                    for place, zh_name, en_name, mass in (
                        (1, "示例能源集团", "Sample Energy Group", "300,000"),
                        (2, "示例交通集团有限责任公司", "Sample Transport Holding Company", "40,000"),
                        (3, "不留名的捐赠者", "Anonymous", "27,695"),
                    )
                ),
            ),
        )
    )
    posing = msgspec.structs.replace(turn(5, 1), from_ms=wall.milliseconds(NOW) - 3_000, slot=1)
    checks = ScreenChecksPage(
        here="/organiser/screen-checks",
        sandbox=True,
        roles=(),
        csrf_token="x" * 40,
        door="organiser",
        checks=tuple(
            ScreenCheck(
                turn=no,
                scene="H7QP3K",
                scene_title=say("示例职工欢乐跑", "Sample Workers’ Fun Run"),
                no=1285 + no,
                name=name,
                is_name_waiting=waits,
                picture="ab" * 32 if pictured else None,
                picture_url="/avatars/x.webp" if pictured else None,
                age=Age(number=no, unit="minutes"),
            )
            for no, name, waits, pictured in (
                (1, "林小川", True, False),
                (2, "Maximilian von und zu Sample", True, True),
                (3, None, False, True),
            )
        ),
    )
    desk = WallPage(
        here="/organiser/H7QP3K/wall",
        sandbox=True,
        roles=(),
        csrf_token="x" * 40,
        door="organiser",
        scene_url="/organiser/H7QP3K",
        title=say("示例职工欢乐跑", "Sample Workers’ Fun Run"),
        is_there=True,
        is_open=True,
        turn_s="30",
        wait_s="120",
        is_premoderated=True,
        screens=(
            ScreenRow(id="scr_1", label=say("主会场左侧", "Main hall, left"), made_at=NOW, is_good=True),
            ScreenRow(id="scr_2", label=say("旧电视", "Old television"), made_at=NOW, is_good=False),
        ),
        turns=(
            TurnRow(
                turn=3,
                no=1288,
                name="林小川",
                mass_g=12_400,
                state="waiting",
                tone="todo",
                can_release=True,
                can_hide=True,
            ),
            TurnRow(
                turn=2, no=1287, name=None, mass_g=9_600, state="shown", tone="done", can_release=False, can_hide=True
            ),
            TurnRow(
                turn=1, no=1286, name="x", mass_g=1, state="hidden", tone="void", can_release=False, can_hide=False
            ),
        ),
    )
    card = OnScreen(
        state="ask",
        said=say("同意后按顺序上屏", "Agree, and you are shown in turn"),
        title=say("大屏显示我的名字和头像", "My name and picture on the wall"),
        text=say(
            "活动现场的大屏上，你中和后显示你在证书上填写的名字。", "The screen at the venue shows the name you gave."
        ),
        version=1,
        can_withdraw=False,
        asks_again=False,
        photo_s=None,
        photos_left=0,
        is_screen_off=False,
        action="/c/crt_1/wall",
        ask_url="/api/v1/certificates/crt_1/wall",
        intent="x",
        csrf_token="x" * 40,
    )
    line = replace(
        card,
        state="line",
        can_withdraw=True,
        said=say("约 40 秒后上屏，第 3 位", "On screen in about 40 seconds, number 3 in line"),
    )
    return {
        "wall_idle": screen(0),
        "wall_idle_first": screen(0, project=None, people=0, mass=("0", "g"), sandbox=False),
        "wall_hero": screen(1, boards=board),
        "wall_photo": screen(1, boards=board, photos=(posing,)),
        "wall_tiles_photo": screen(6, boards=board, photos=(posing,)),
        "wall_tiles": screen(6, boards=board),
        "wall_small": screen(12, operating=Operating(action="/wall/token/turns", csrf_token="x")),
        "wall_rehearsal": screen(0, rehearsed=PEOPLE, rehearsed_slots=6, sandbox=False, here="/wall/token?rehearse=6"),
        "wall_desk": desk,
        "wall_desk_made": replace(
            desk,
            made_url="https://dd.example.org/wall/AbCdEfGhIjKlMnOpQrStUv",
            rehearse_url="/wall/AbCdEfGhIjKlMnOpQrStUv?rehearse=6",
            turns=(),
            screens=(),
        ),
        "wall_desk_none": replace(desk, is_there=False, is_open=False, screens=(), turns=()),
        "wall_desk_fault": replace(
            desk, notice=say("大屏设置无效。", "It cannot be so."), fault_field="turn_s", is_open=False
        ),
        "certificate_wall": replace(certificate, screen=card),
        "screen_checks": checks,
        "screen_checks_none": replace(checks, checks=()),
        "certificate_wall_again": replace(certificate, screen=replace(line, asks_again=True)),
        "certificate_wall_over": replace(
            certificate,
            screen=replace(
                line, state="over", said=say("你已经上过大屏", "You were on the screen"), photo_s=30, photos_left=3
            ),
        ),
        "certificate_wall_line": replace(certificate, screen=line),
    }
