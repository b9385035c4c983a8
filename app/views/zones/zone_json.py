"""A zone as the API tells it."""

from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from app.kernel.clock import rfc3339
from app.kernel.text import Text
from app.programmes.zones import BoardDefinition, StatedMass
from app.scenarios import Phase
from app.views.certificates.coverage import TextView
from app.views.zones.page import ZoneState
from app.views.zones.zone_story import ZoneStory


class ZoneSceneView(msgspec.Struct, frozen=True, kw_only=True):
    """A scene of the zone."""

    code: Annotated[str, msgspec.Meta(examples=["GAMES1"])]
    title: TextView
    """What the zone calls it; else its own title."""
    state: Phase
    url: str
    papers: int
    """How many people neutralised there."""
    grams: int
    """Retired there."""


class StatedView(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that somebody else found, and where."""

    grams: int
    source: TextView
    stated_on: date


class BoardView(msgspec.Struct, frozen=True, kw_only=True):
    """A contribution board by its definition."""

    code: Annotated[str, msgspec.Meta(examples=["organisations"])]
    of: Literal["organisation", "person"]
    title: TextView
    since: date
    minimum_grams: int


class NeutralityView(msgspec.Struct, frozen=True, kw_only=True):
    """What stands against what, each beside the other; only `given` counts for `percent`."""

    emissions: StatedView | None
    """null: not stated yet."""
    reductions: StatedView | None
    """Told beside, never added."""
    given_grams: int | None
    """Transferred to the zone in all; null: nobody tells."""
    account_grams: int
    """In its account now."""
    guest_grams: int
    """Retired in its scenes."""
    percent: Annotated[str, msgspec.Meta(examples=["106.2"])] | None
    """Given against emissions; may exceed a hundred. null while either is not known."""
    percent_with_guests: Annotated[str, msgspec.Meta(examples=["106.2"])] | None


class ZoneView(msgspec.Struct, frozen=True, kw_only=True):
    """A zone (专区) as its newest version says."""

    slug: Annotated[str, msgspec.Meta(examples=["sample-games"])]
    version: int
    sha256: str
    """Of the version's document."""
    published_at: str
    name: TextView
    owner: TextView
    languages: tuple[Literal["zh", "en"], ...]
    state: ZoneState
    starts_on: date
    ends_on: date
    welcome: TextView
    scenes: tuple[ZoneSceneView, ...]
    payment_methods: tuple[str, ...] | None
    """Channels, or methods as `<channel>.<method>`; null: any."""
    boards: tuple[BoardView, ...]
    neutrality: NeutralityView


def zone_view(story: ZoneStory) -> ZoneView:
    """The zone as JSON."""
    zone, document = story.zone, story.zone.document
    labels = {entry.code: entry.label for entry in document.scenes}
    return ZoneView(
        slug=zone.slug,
        version=zone.version,
        sha256=zone.sha256,
        published_at=rfc3339(zone.published_at),
        name=_text(document.name),
        owner=_text(story.owner),
        languages=tuple(language.value for language in document.languages),
        state=story.state,
        starts_on=document.starts_on,
        ends_on=document.ends_on,
        welcome=_text(document.welcome),
        scenes=tuple(
            ZoneSceneView(
                code=scene.code,
                title=_text(labels.get(scene.code) or scene.title),
                state=scene.phase,
                url=f"/s/{scene.code}",
                papers=scene.retirements,
                grams=scene.mass_g,
            )
            for scene in story.scenes
        ),
        payment_methods=document.payment_methods,
        boards=tuple(_board(board) for board in document.boards),
        neutrality=NeutralityView(
            emissions=_stated(document.emissions),
            reductions=_stated(document.reductions),
            given_grams=story.given.mass_g if story.given else None,
            account_grams=story.left_g,
            guest_grams=story.guests_g,
            percent=story.coverage,
            percent_with_guests=story.coverage_with_guests,
        ),
    )


def _text(text: Text) -> TextView:
    return TextView(zh=text.zh, en=text.en)


def _stated(stated: StatedMass | None) -> StatedView | None:
    if stated is None:
        return None
    return StatedView(grams=stated.mass_g, source=_text(stated.source), stated_on=stated.stated_on)


def _board(board: BoardDefinition) -> BoardView:
    return BoardView(
        code=board.code,
        of=board.of.value,
        title=_text(board.title),
        since=board.since,
        minimum_grams=board.minimum_g,
    )


EXAMPLE: Final = ZoneView(
    slug="sample-games",
    version=2,
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    published_at="2026-11-20T09:00:00+08:00",
    name=TextView(zh="示例运动会低碳专区", en="Sample Games low-carbon zone"),
    owner=TextView(zh="示例运动会执委会", en="Sample Games Committee"),
    languages=("zh", "en"),
    state=ZoneState.LIVE,
    starts_on=date(2026, 11, 20),
    ends_on=date(2026, 12, 6),
    welcome=TextView(zh="欢迎来到示例运动会。", en="Welcome to the Sample Games."),
    scenes=(
        ZoneSceneView(
            code="GAMES1", title=TextView(zh="我来看比赛", en="I came to watch"), state=Phase.LIVE, url="/s/GAMES1",
            papers=216, grams=2_680_000,
        ),
    ),
    payment_methods=None,
    boards=(
        BoardView(
            code="organisations", of="organisation", title=TextView(zh="特别贡献榜", en="Special contributions"),
            since=date(2026, 11, 1), minimum_grams=1_000_000,
        ),
    ),
    neutrality=NeutralityView(
        emissions=StatedView(
            grams=374_600_000_000, source=TextView(zh="示例核算报告", en="Sample inventory report"),
            stated_on=date(2026, 12, 20),
        ),
        reductions=None, given_grams=397_695_000_000, account_grams=0, guest_grams=12_755_000, percent="106.2",
        percent_with_guests="106.2",
    ),
)  # fmt: skip
