"""`diandian zone`: a file becomes a version of a zone."""

import json
from dataclasses import dataclass
from uuid import UUID

import click
import msgspec

from app.cli.approvals import print_proposed
from app.cli.listing import Listed, print_cut
from app.cli.output import line, read_language, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.foundation import approvals
from app.foundation.approvals import Approval
from app.gateways.channels.table import CHANNELS
from app.kernel.clock import beijing_day, utc_now
from app.programmes import zones
from app.programmes.zones import Zone, ZoneDocument
from app.views import inbox
from app.views.zones import zone_story
from app.views.zones.zone_json import ZoneView, zone_view
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of applying a file."""

    slug: str
    waits: Approval | None
    """None: the zone says all of it already."""


def known_methods() -> list[str]:
    """Every way to pay that there is, `<channel>.<method>`."""
    return [f"{kind.name}.{method.code}" for kind in CHANNELS for method in kind.methods]


async def read(content: bytes, file: str) -> ZoneDocument:
    """What a file describes.

    Raises:
        ZoneFileUnfit: with everything that is wrong in it.
    """
    return zones.read_zone(content, file=file, methods=known_methods())


async def apply(settings: Settings, document: ZoneDocument, *, who: Credentials) -> Applied:
    """Propose the next version.

    Raises:
        Whatever `zones.propose` raises.
    """
    async with database(settings), acting(settings, who) as by:
        return Applied(document.slug, await zones.propose(document, by=by))


async def confirm(settings: Settings, approval_id: UUID, sha256: str, *, who: Credentials) -> Approval:
    """Agree to a proposed version, as a second person.

    Raises:
        ApprovalUnknown: there is none of this number, or it is about something else.
        Whatever `zones.approve` raises.
    """
    async with database(settings), acting(settings, who) as by:
        if (await approvals.find(approval_id)).kind != zones.KIND:
            raise approvals.ApprovalUnknown
        return await inbox.approve(approval_id, seen=sha256, typed="", by=by)


async def listed(settings: Settings, *, limit: int) -> Listed[Zone]:
    """The zones, the newest first."""
    async with database(settings):
        return Listed(await zones.list_all(limit=limit), await zones.count_all())


async def shown(settings: Settings, slug: str) -> ZoneView:
    """One of them, as the API tells it.

    Raises:
        ZoneUnknown: there is none.
    """
    async with database(settings):
        return zone_view(await zone_story.read(slug, today=beijing_day(utc_now())))


def print_applied(applied: Applied) -> None:
    """What waits now, or that nothing changed."""
    if applied.waits is None:
        line(
            say(
                f"专区 {applied.slug} 内容相同，没有改变",
                f"zone {applied.slug} says all of it already; nothing changed",
            )
        )
        return
    print_proposed([applied.waits])


def print_zones(found: Listed[Zone], *, as_json: bool) -> None:
    """Each zone in a line."""
    if as_json:
        document = [
            {
                "slug": one.slug, "version": one.version, "sha256": one.sha256,
                "name": {"zh": one.document.name.zh, "en": one.document.name.en},
                "scenes": [scene.code for scene in one.document.scenes],
            }
            for one in found.rows
        ]  # fmt: skip
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    for one in found.rows:
        scenes = " ".join(scene.code for scene in one.document.scenes)
        line(f"{one.slug}  v{one.version}  {one.document.name.in_(read_language())}  {scenes}", hang=4)
    print_cut(found, as_json=False)
    if not found.rows:
        line(say("还没有专区", "there is no zone yet"))


def print_shown(view: ZoneView) -> None:
    """The JSON of the API."""
    click.echo(msgspec.json.format(msgspec.json.encode(view), indent=2).decode())
