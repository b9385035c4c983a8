"""What a screen is told: a snapshot when it is switched on, and a stream that goes on from it (Server-Sent Events)."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Stream

from app.kernel import mass
from app.kernel.text import Language
from app.programmes import wall
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.views.wall import board
from app.views.wall.board import WallBoard, WallRow
from app.web.kit.responses import paging
from app.web.kit.responses.answers import answers
from app.web.kit.responses.problems import documented
from app.web.kit.services import provide_services
from app.web.public.wall.opening import GUESSING, opened, scene_of


class ScreenTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What the scene has come to."""

    people: int
    mass_g: int
    mass: tuple[str, str]
    """Number and unit."""
    waiting: int


class ScreenSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a screen that was just switched on shows; the stream goes on after `cursor`."""

    at: int
    """The server's clock, milliseconds of the epoch: the screen corrects its own by it."""
    cursor: int
    turn_s: int
    turns: tuple[wall.TurnFrame, ...]
    photos: tuple[wall.TurnFrame, ...]
    """In the photo slot now, or about to be."""
    totals: ScreenTotals
    boards: tuple[WallBoard, ...]
    """Who gave most to the zone of the scene."""


_EXAMPLE = ScreenSnapshot(
    at=1_796_004_000_000,
    cursor=4_711,
    turn_s=30,
    turns=(
        wall.TurnFrame(
            turn=812, no=1286, name="林小川", mass=("12.4", "kg"), slot=1, slots=1, from_ms=1_796_003_990_000,
            to_ms=1_796_004_020_000, picture="data:image/svg+xml;base64,PHN2Zy8+",
        ),
    ),
    photos=(),
    boards=(
        WallBoard(
            title={Language.ZH: "特别贡献榜", Language.EN: "Special contributions"},
            rows=(
                WallRow(
                    place=1, name={Language.ZH: "示例能源集团", Language.EN: "Sample Energy"}, mass=("300,000", "t")
                ),
            ),
        ),
    ),
    totals=ScreenTotals(people=1286, mass_g=15_940_000, mass=("15.94", "t"), waiting=0),
)  # fmt: skip


@get(
    "/wall/{token:str}/snapshot",
    operation_id="snapshotWall",
    summary="What the screen shows now / 大屏此刻",
    guards=[GUESSING.guard],
    responses=answers(_EXAMPLE, FieldsInvalid, wall.ScreenUnknown, RequestsTooMany),
)
async def show_snapshot(
    request: Request[Any, Any, Any], token: FromPath[str], services: NamedDependency[Services]
) -> Response[ScreenSnapshot]:
    """For a screen that begins, or was away for long."""
    one = await opened(token, request)
    boards = await board.boards_of(one.scenario_id, keyring=services.keyring, texts=services.consents)
    told, scene = await wall.snapshot(one.scene_id, keyring=services.keyring), await scene_of(one)
    return Response(
        ScreenSnapshot(
            at=wall.milliseconds(told.now),
            cursor=told.cursor,
            turn_s=told.turn_s,
            turns=tuple(wall.turn_frame(turn) for turn in told.turns),
            photos=tuple(wall.turn_frame(turn) for turn in told.photos),
            boards=boards.boards,
            totals=ScreenTotals(
                people=scene.retirements, mass_g=scene.mass_g, mass=mass.friendly(scene.mass_g), waiting=told.waiting
            ),
        ),
        headers={"cache-control": "no-store"},
    )


@get(
    "/wall/{token:str}/stream",
    operation_id="streamWall",
    summary="What happens on the screen / 大屏事件流",
    description="`text/event-stream`. Events: `turn`, `cleared`, `picture`, `photo` (with ids), `totals`, `board`, `beat`, "
    "`reset` (take a new snapshot), "
    "`ended` (the token was revoked). `Last-Event-ID` or `after` says what was seen; the rest is told again.",
    guards=[GUESSING.guard],
    responses=documented(FieldsInvalid, wall.ScreenUnknown, RequestsTooMany, wall.StreamsTooMany),
    media_type="text/event-stream",
)
async def show_stream(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    services: NamedDependency[Services],
    after: paging.After = None,
) -> Stream:
    """Goes on until the screen leaves; comes again with what it saw last."""
    one = await opened(token, request)
    stream = await services.screens.open(one, after=_number(request.headers.get("last-event-id") or after or ""))

    async def told() -> AsyncIterator[bytes]:
        try:
            async for data in stream.frames():
                yield data
        finally:
            services.screens.drop(stream)

    return Stream(
        told(),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


def _number(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


routes = Router(
    "/api/v1",
    route_handlers=[show_snapshot, show_stream],
    dependencies={"services": Provide(provide_services)},
    tags=["wall"],
)
