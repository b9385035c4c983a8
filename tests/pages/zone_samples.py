"""A zone as its page shows it: as it begins, with all that was given, over and plain."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from markupsafe import Markup

from app.kernel.text import Language
from app.views.certificates.certificate import CertificatePage
from app.views.page import Page
from app.views.scene import ScenePage, ZoneLink
from app.views.zones.page import Coverage, Figure, SceneLink, SceneNote, Stated, ZoneAccount, ZonePage, ZoneState
from app.views.zones.slots import Action
from app.views.zones.support_groups import SupportSection
from app.views.zones.zone_story import backdrop
from tests.pages.donation_samples import support_groups

TONNE = 1_000_000


def zone_pages(
    language: Language, ring: Callable[[], Markup], scene: ScenePage, certificate: CertificatePage
) -> Mapping[str, Page]:
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    def stated(tonnes: int, chinese: str, english: str) -> Stated:
        return Stated(figure=Figure.of(tonnes * TONNE), source=say(chinese, english), stated_on=date(2026, 11, 20))

    def link(code: str, title: str, note: SceneNote, people: int = 0) -> SceneLink:
        return SceneLink(
            url=f"/s/{code}",
            title=title,
            note=note,
            left_percent=62,
            people=people,
            begins_on=date(2026, 12, 1),
            ring=ring(),
        )

    account = ZoneAccount(
        given=None,
        givers=0,
        left=Figure.of(0),
        is_empty=True,
        guests=Figure.of(12_755_000),
        people=1286,
        emissions=stated(
            374_600, "示例核算报告（样张），第三方核算", "Sample inventory report (specimen), by a third party"
        ),
        reductions=stated(32_500, "示例绿色办赛总结（样张）", "Sample report on a green event (specimen)"),
        coverage=None,
        ring=ring(),
    )
    page = ZonePage(
        here="/z/sample-games",
        sandbox=True,
        slug="sample-games",
        accent="teal",
        title=say("锦城示例运动会低碳专区", "Sample Jincheng Games low-carbon zone"),
        owner=say("示例运动会执委会", "Sample Games Committee"),
        state=ZoneState.LIVE,
        starts_on=date(2026, 11, 20),
        ends_on=date(2026, 12, 6),
        welcome=say(
            "来看一场比赛，也为这一趟出一份力：算出排放，用注销的减排量抵消，证书人人可查。",
            "Come and watch, and answer for your trip: compute what it emits, have credits retired for it, and hold a"
            " certificate that anybody can check.",
        ),
        account=account,
        scenes=(
            link("GAMES1", say("我来看比赛", "I came to watch"), SceneNote.GIFT),
            link("GAMES2", say("我跑火炬一程", "I ran with the torch"), SceneNote.COUNT, 2680),
            link("GAMES3", say("我是志愿者", "I am a volunteer"), SceneNote.AHEAD),
            link("GAMES4", say("我在绿道骑行", "I rode the greenway"), SceneNote.FIRST),
        ),
        enter_url="/s/GAMES1",
        landscape=backdrop("sample-games"),
        version=2,
        published_on=date(2026, 11, 20),
    )
    given = replace(
        account,
        given=Figure.of(397_695 * TONNE),
        givers=5,
        coverage=Coverage(percent="106.2", filled=94, over=6),
    )
    return {
        "certificate_in_zone": replace(
            certificate,
            sheet=replace(
                certificate.sheet,
                accent="amber",
                zone_line=say("锦城示例运动会低碳专区版", "Edition of the Sample Jincheng Games"),
                zone_seal=say("示例运动会", "SAMPLE GAMES"),
            ),
        ),
        "scene_in_zone": replace(scene, zone=ZoneLink("/z/sample-games", page.title)),
        "zone": page,
        "zone_given": replace(
            page, account=given, actions=(Action("/z/sample-games/give", say("企业捐赠碳信用", "Give as a company")),)
        ),
        "zone_support": replace(
            page,
            account=given,
            after=(SupportSection(groups=support_groups(language), url="/z/sample-games/board#support"),),
        ),
        "zone_over": replace(
            page,
            accent="crimson",
            state=ZoneState.OVER,
            landscape=None,
            enter_url=None,
            account=replace(account, emissions=None, reductions=None, left=Figure.of(52_400), is_empty=False),
            scenes=(link("GAMES1", say("我来看比赛", "I came to watch"), SceneNote.COUNT, 1),),
        ),
    }
