"""What the demo lists once it serves: pages, one-click roles, and the city's event."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from app.cli.demo.files import ORDER, SHELL
from app.cli.demo.printing import Printer
from app.cli.seeding.gifts import GIFT_CODE
from app.views.demo_roles import ZONE_SLUG
from config.settings import environment_name

ROLES: Final = (
    ("citizen", "市民", "Citizen"),
    ("visitor", "外国访客", "Foreign visitor"),
    ("organiser", "主办方", "Organiser"),
    ("operator", "经办（上游注销）", "Operator (upstream)"),
    ("reviewer", "复核（上游注销）", "Reviewer (upstream)"),
    ("finance", "财务甲（登记到账）", "Finance (records receipts)"),
    ("finance2", "财务乙（复核到账）", "Finance (confirms them)"),
    ("administrator", "管理员", "Administrator"),
)
EVENT_ROLES: Final = (
    ("donor", "捐赠企业", "A company that gives"),
    ("committee", "执委会甲（大屏、注销）", "Committee (screen, retires)"),
    ("committee2", "执委会乙（复核注销）", "Committee (agrees)"),
    ("moderator", "审核（姓名与头像）", "Moderation"),
)
_TILES: Final = 12


def print_links(
    given: Mapping[str, str], code: str, roles: Sequence[str], data: Path, printer: Printer, *, qr: bool
) -> None:
    """The scene's QR code where it is wished for, pages, one-click roles, and what a terminal may do."""
    public = given[environment_name("public_url")]
    scene = f"{public}/s/{code}"
    printer.line()
    if qr:
        printer.qr(scene)
    pages = (
        (printer.say("扫一扫", "Scan"), scene),
        (printer.say("领赠碳", "Collect a gift"), f"{public}/s/{GIFT_CODE}"),
        (printer.say("专区", "A zone"), f"{public}/z/{ZONE_SLUG}"),
        (printer.say("验真", "Verify"), f"{public}/verify"),
        (printer.say("我的碳账户", "My carbon account"), f"{public}/me"),
        (printer.say("接口文档", "API"), f"{public}/docs"),
        (printer.say("账目", "Books"), f"{public}/books"),
    )
    for number, (label, url) in enumerate(pages, start=1):
        printer.link(number, label, url)
    printer.faint(printer.say("   一键身份（仅限本机）", "   one-click roles (this machine only)"))
    _roles(public, ROLES, roles, printer)
    printer.faint(printer.say("   终端：两家银行的联合订单，先看后下单", "   at a terminal: one order for two banks"))
    shell = os.path.relpath(data)
    printer.line(f" · . {shell}/{SHELL} && diandian order place --file {shell}/{ORDER}")


def print_event(given: Mapping[str, str], token: str, roles: Sequence[str], printer: Printer) -> None:
    """The zone with its five donations, and its big screen: as it is, and filled with people who are not there."""
    public = given[environment_name("public_url")]
    printer.faint(
        printer.say(
            "   城市赛事：专区、五笔捐赠与大屏（机构与人均为虚构）",
            "   a city's event: five donations and a big screen (all of them invented)",
        )
    )
    for label, url in (
        (printer.say("专区", "Zone"), f"{public}/z/{ZONE_SLUG}"),
        (printer.say("特别贡献榜", "Contribution board"), f"{public}/z/{ZONE_SLUG}/board"),
        (printer.say("大屏", "Big screen"), f"{public}/wall/{token}"),
        (printer.say("大屏排演（虚构的人）", "Screen, invented people"), f"{public}/wall/{token}?rehearse={_TILES}"),
    ):
        printer.link(0, label, url)
    _roles(public, EVENT_ROLES, roles, printer)


def print_end(given: Mapping[str, str], printer: Printer) -> None:
    """Where the sandbox's cashier is, and how all of it ends: the last line of all."""
    sandbox = given[environment_name("sandbox_url")]
    printer.faint(
        printer.say(f"   沙箱收银台在 {sandbox}；Ctrl-C 结束", f"   sandbox cashier at {sandbox}; Ctrl-C ends it all")
    )


def _roles(public: str, roles: Sequence[tuple[str, str, str]], tokens: Sequence[str], printer: Printer) -> None:
    for (role, zh, en), token in zip(roles, tokens, strict=True):
        printer.link(0, printer.say(zh, en), f"{public}/demo/{role}/{token}")
