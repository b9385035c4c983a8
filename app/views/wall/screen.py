"""The big screen of a scene, `/wall/<token>`: what it begins with. Everything after comes by the stream."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from markupsafe import Markup

from app import scenarios
from app.kernel import mass
from app.kernel.drawing import count_dots, landscape_svg, night_ridges_svg, qr_svg, scan_text
from app.kernel.text import Language
from app.programmes import wall
from app.registry import credits
from app.registry.credits import Programme
from app.views.page import Page
from app.views.wall.board import TURN_S, WallBoards
from app.views.wall.rehearsing import PEOPLE, REHEARSED_G, REHEARSED_PEOPLE, RehearsedPerson

DOT_PEOPLE: Final = (1, 10, 100, 1_000, 10_000)
"""How many people one dot of the ring may stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where the grams come from that are retired here now."""

    name: str
    programme: str
    vintage: int
    place: str
    picture: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """What whoever looks after the scene may do at the screen, by its keys."""

    action: str
    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenPage(Page):
    """The screen. Its script reads `data`; without one the page is loaded again every ten seconds."""

    template: ClassVar[str] = "public/wall.html"

    token: str
    title: str
    organiser: str
    mass: tuple[str, str]
    people: int
    dot_people: int
    waiting: int
    wait_minutes: int
    turn_s: int
    now_ms: int
    now: datetime
    cursor: int
    layout: str
    showing: tuple[wall.TurnFrame, ...]
    """On the screen at this moment."""
    photos: tuple[wall.TurnFrame, ...]
    """In the photo slot now, or about to be."""
    turns: tuple[wall.TurnFrame, ...]
    """The same, what comes and what was."""
    latest: tuple[wall.TurnFrame, ...]
    ring_url: str
    ridges: Markup
    landscape: Markup
    qr: Markup
    scan_url: str
    boards: WallBoards
    board_s: int
    """How long each stands there."""
    project: Project | None
    rehearsed: tuple[RehearsedPerson, ...]
    """Invented people, where the screen is rehearsed."""
    rehearsed_slots: int
    operating: Operating | None


def people_per_dot(people: int) -> int:
    """The smallest number of people that one dot stands for so that all of them fit into the ring."""
    dots = count_dots("wall")
    return next((unit for unit in DOT_PEOPLE if people <= dots * unit), DOT_PEOPLE[-1])


def filled(people: int) -> float:
    """How much of the ring is filled, between 0 and 1."""
    return min(1.0, people / (count_dots("wall") * people_per_dot(people)))


def ring_name(people: int) -> str:
    """The drawing of the scene's ring, below the screen's address: another number is another drawing."""
    return f"people-{people}.svg"


async def show(
    scene: scenarios.Scene,
    told: wall.Snapshot,
    *,
    token: str,
    public_url: str,
    language: Language,
    sandbox: bool,
    boards: WallBoards,
    rehearsed_slots: int = 0,
    operating: Operating | None = None,
) -> ScreenPage:
    """The screen as it begins."""
    frames = tuple(wall.turn_frame(one) for one in told.turns)
    now_ms = wall.milliseconds(told.now)
    showing = tuple(sorted((one for one in frames if one.from_ms <= now_ms < one.to_ms), key=lambda one: one.slot))
    scan_url = scan_text(f"{public_url}/s/{scene.code}")
    people, mass_g = (REHEARSED_PEOPLE, REHEARSED_G) if rehearsed_slots else (scene.retirements, scene.mass_g)
    return ScreenPage(
        here=f"/wall/{token}" + (f"?rehearse={rehearsed_slots}" if rehearsed_slots else ""),
        sandbox=sandbox,
        token=token,
        title=scene.title.in_(language),
        organiser=scene.organiser.in_(language),
        mass=mass.friendly(mass_g),
        people=people,
        dot_people=people_per_dot(people),
        waiting=told.waiting,
        wait_minutes=minutes(told.waiting, turn_s=told.turn_s, wait_s=told.wait_s),
        turn_s=told.turn_s,
        now_ms=now_ms,
        now=told.now,
        cursor=told.cursor,
        layout=wall.layout(one.slots for one in showing).value,
        showing=showing,
        photos=tuple(wall.turn_frame(one) for one in told.photos),
        turns=frames,
        latest=tuple(one for one in reversed(frames) if one.to_ms <= now_ms),
        ring_url=f"/wall/{token}/rings/{ring_name(people)}",
        ridges=Markup(night_ridges_svg(scene.code)),  # noqa: S704 - drawn by us
        landscape=Markup(landscape_svg(scene.code, 520, 104, sky="#FBF9F2", sun_within=(0.74, 0.86), sun_top=0.1)),  # noqa: S704 - drawn by us
        qr=Markup(qr_svg(scan_url, ground=None, label=scan_url)),  # noqa: S704 - drawn by us
        scan_url=scan_url,
        boards=boards,
        board_s=TURN_S,
        project=await _project(scene, language),
        rehearsed=PEOPLE if rehearsed_slots else (),
        rehearsed_slots=rehearsed_slots,
        operating=operating,
    )


def minutes(waiting: int, *, turn_s: int, wait_s: int) -> int:
    """About how many minutes until somebody who scans now is shown; one at least."""
    slots = wall.slots(waiting, turn_s=turn_s, wait_s=wait_s)
    return max(1, round(wall.expected_wait_s(waiting, free_s=[0.0] * slots, turn_s=turn_s) / 60))


async def _project(scene: scenarios.Scene, language: Language) -> Project | None:
    if scene.setup is None:
        return None
    lot = (await credits.supply(Programme(scene.setup.programme))).next_lot
    if lot is None:
        return None
    return Project(
        name=lot.project.in_(language),
        programme=lot.programme.text.in_(language),
        vintage=lot.vintage_end.year,
        place=lot.place.in_(language),
        picture=Markup(landscape_svg(lot.project_number, 544, 300, sun_within=(0.6, 0.8), sun_top=0.14)),  # noqa: S704 - drawn by us
    )
