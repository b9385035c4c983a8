"""Scenes at the terminal: which are open, which are told as cases, and the QR code of one."""

import json
from pathlib import Path
from typing import Final

import click
from tortoise import Tortoise

from app import scenarios, wiring
from app.cli.columns import WIDTH, cut, padded
from app.cli.listing import Listed, print_cut
from app.cli.output import line, read_language, say
from app.kernel import mass
from app.kernel.clock import beijing_day, utc_now
from app.kernel.drawing import qr_lines, qr_png, qr_svg, scan_text
from app.scenarios import Scene
from config.settings import Settings

PNG_SCALE: Final = 24
"""Pixels a module: about 900 for a short address, sharp at 8 cm in print."""


async def scenes(settings: Settings, *, limit: int) -> Listed[Scene]:
    """The scenes open today, newest first, then closed cases by number; at most `limit` of each."""
    await wiring.open_database(settings)
    try:
        today = beijing_day(utc_now())
        live = await scenarios.live(limit=limit, today=today)
        cases = await scenarios.recent(limit=limit, after=None, today=today)
        return Listed([*live, *cases], sum(await scenarios.count_told(today=today)))
    finally:
        await Tortoise.close_connections()


def print_scenes(found: Listed[Scene], *, as_json: bool) -> None:
    """Tell scenes on standard output."""
    if as_json:
        told = [
            {
                "code": scene.code,
                "kind": scene.kind.value,
                "phase": scene.phase.value,
                "title": {"zh": scene.title.zh, "en": scene.title.en},
                "organiser": {"zh": scene.organiser.zh, "en": scene.organiser.en},
                "reported_no": scene.reported_no,
                "mass_g": scene.mass_g,
                "certificates": scene.retirements,
            }
            for scene in found.rows
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    for scene in found.rows:
        number = f"No. {scene.reported_no}" if scene.reported_no else say("开放中", "open")
        title = cut(scene.title.in_(read_language()), WIDTH - 36)
        line(f"{scene.code:<8}  {padded(number, 8)}  {mass.text(scene.mass_g):>14}  {title}")
    if not found.rows:
        line(say("还没有场景", "no scene yet"))
    print_cut(found, as_json=False)


async def address(settings: Settings, typed_code: str) -> str:
    """What the QR code of a published scene says.

    Raises:
        ScenarioUnknown: no such scene.
    """
    await wiring.open_database(settings)
    try:
        scene = await scenarios.open_scene(typed_code, today=beijing_day(utc_now()))
    finally:
        await Tortoise.close_connections()
    return f"{settings.public_url}/s/{scene.code}"


def draw(url: str, path: Path) -> None:
    """Write the QR code as SVG or PNG, after the file's ending; error level M, four modules of quiet zone.

    Raises:
        ValueError: another ending.
        OSError: the file cannot be written.
    """
    match path.suffix.lower():
        case ".svg":
            path.write_text(qr_svg(scan_text(url)) + "\n", encoding="utf-8")
        case ".png":
            path.write_bytes(qr_png(scan_text(url), scale=PNG_SCALE))
        case other:
            raise ValueError(other)


def print_code(url: str) -> None:
    """The QR code on the terminal, small enough for a phone's camera."""
    for cells in qr_lines(scan_text(url), level="M"):
        click.echo(cells)
