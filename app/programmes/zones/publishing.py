"""A version of a zone: proposed from its document by one person, published by another's agreement."""

from datetime import date
from typing import Final
from uuid import UUID

import msgspec
from tortoise.exceptions import IntegrityError

from app import scenarios
from app.foundation import approvals, audit, fonts, identity
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.database import Tx, constraint, fetch_value, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.programmes.zones.document_rules import SceneEntry, ZoneDocument
from app.programmes.zones.errors import (
    ZoneOvertaken,
    ZoneOwnerStays,
    ZoneOwnerUnknown,
    ZoneSceneLeftOut,
    ZoneSceneUnfit,
    ZoneUnknown,
)
from app.programmes.zones.reading import Zone, find, of_scene, scenes_of
from app.registry import holdings
from app.registry.holdings import AccountKind

KIND: Final = "zone_version"
"""Of the approvals, whose subject is the slug."""


async def propose(document: ZoneDocument, *, by: UUID) -> Approval | None:
    """Propose what a file says as the next version of its zone; None where the zone says all of it already.

    An operator of the platform may, and a sponsor of the owner, who adds scenes of their own organisations only. The
    same again is what waits already; what `by` proposed before is superseded. Nothing changes before another agrees.

    Raises:
        RoleMissing: `by` proposes no zones of this owner, now.
        ZoneOwnerUnknown, ZoneOwnerStays: nobody verified is registered so; the slug is another organisation's zone.
        ZoneSceneUnfit, ZoneSceneLeftOut: a scene that cannot be in it, or is missing from it.
        NotPrintable: words that no certificate could show.
        NotTheMaker: somebody else's other version waits.
    """
    owner_id = await _owner(document)
    is_operator = owner_id is None or not await identity.acts_for(by, owner_id, Role.SPONSOR)
    if is_operator:
        await identity.demand_platform_role(by, Role.OPERATOR)
    if owner_id is None:
        raise ZoneOwnerUnknown(register=document.owner_register)
    known = await _known(document.slug)
    if known is not None and known.owner_id != owner_id:
        raise ZoneOwnerStays(slug=document.slug)
    today = beijing_day(utc_now())
    scenes = [
        await _scene(at, entry, known, today=today, by=None if is_operator else by)
        for at, entry in enumerate(document.scenes)
    ]
    if known is not None:
        await _demand_all(known, scenes, today=today)
        if known.document == document:
            return None
    await _demand_printable(document)
    payload = {
        "applicant": owner_id,
        "slug": document.slug,
        "version": 1 + (known.version if known else 0),
        "scenes": scenes,
        "document": document,
    }
    async with transaction() as tx:
        wanted = Proposal(subject=document.slug, payload=payload)
        return await approvals.propose(KIND, wanted, by=by, replaces=True, tx=tx)


async def approve(approval_id: UUID, *, seen: str, by: UUID) -> Zone:
    """Agree, as a reviewer who is not of the owner: pages, papers and the cashier follow this version from now on.

    The first one opens the zone's account.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, DeciderInterested, ApprovalRoleMissing: of
            `approvals.approve`.
        ZoneOvertaken: another version was published since.
        ZoneSceneUnfit: one of its scenes came into another zone since.
    """
    found = await approvals.find(approval_id)
    said = found.said()
    slug, owner_id = str(said["slug"]), UUID(said["applicant"])
    try:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            was = await _known(slug, tx=tx)
            account_id = was.account_id if was else await _open_account(slug, owner_id, said["document"]["name"], tx=tx)
            await fetch_value("SELECT zones.publish($1, $2)", approved.id, account_id, tx=tx)
            now = await find(slug, tx=tx)
            before = {"version": was.version, "sha256": was.sha256} if was else None
            after = {"version": now.version, "sha256": now.sha256}
            await audit.record("zone.published", slug, before=before, after=after, by=by, tx=tx)
    except IntegrityError as refusal:
        match constraint(refusal):
            case "zone_edition_in_turn" | "zone_scene_stays" | "zone_slug_key":
                raise ZoneOvertaken from refusal
            case "zone_scene_pkey":
                raise ZoneSceneUnfit(scene="", problem_zh=_ELSEWHERE.zh, problem_en=_ELSEWHERE.en) from refusal
        raise
    return now


async def _owner(document: ZoneDocument) -> UUID | None:
    """The verified organisation that the document names."""
    country, _, number = document.owner_register.partition(" ")
    card = await identity.find_registered(identity.Register(country, number))
    return card.id if card is not None and card.is_verified else None


async def _known(slug: str, *, tx: Tx | None = None) -> Zone | None:
    try:
        return await find(slug, tx=tx)
    except ZoneUnknown:
        return None


async def _scene(at: int, entry: SceneEntry, known: Zone | None, *, today: date, by: UUID | None) -> UUID:
    """The scene of an entry, which is published, of no other zone, and, where `by` is named, one that they look after."""

    def unfit(problem: Text) -> ZoneSceneUnfit:
        return ZoneSceneUnfit(
            field=f"/scenes/{at}/code", scene=entry.code, problem_zh=problem.zh, problem_en=problem.en
        )

    try:
        scene = await scenarios.open_scene(entry.code, today=today)
    except scenarios.ScenarioUnknown as unknown:
        raise unfit(_NO_SCENE) from unknown
    if scene.organisation_id is None or scene.reported_no is not None:
        raise unfit(_NOBODYS)
    if by is not None and not await identity.acts_for(by, scene.organisation_id, Role.SPONSOR):
        raise unfit(_ANOTHERS)
    zone = await of_scene(scene.id)
    if zone is not None and (known is None or zone.id != known.id):
        raise unfit(_ELSEWHERE)
    return scene.id


async def _demand_all(known: Zone, scenes: list[UUID], *, today: date) -> None:
    missing = [scene_id for scene_id in await scenes_of(known.id) if scene_id not in scenes]
    if missing:
        found = await scenarios.find_many(missing, today=today)
        raise ZoneSceneLeftOut(scene=", ".join(sorted(scene.code for scene in found.values())))


async def _demand_printable(document: ZoneDocument) -> None:
    texts = {
        "name": document.name,
        "certificate/line": document.certificate.line,
        "certificate/seal": document.certificate.seal,
    }
    await fonts.demand(
        {
            f"/{name}/{language}": text.in_(language)
            for name, text in texts.items()
            if text is not None
            for language in Language
        }
    )


async def _open_account(slug: str, owner_id: UUID, name: dict[str, str], *, tx: Tx) -> UUID:
    text = msgspec.convert(name, Text)
    return (await holdings.open_named(AccountKind.ZONE, slug, text, owner_id=owner_id, tx=tx)).id


_NO_SCENE: Final = Text(zh="没有这个场景码，或场景尚未发布", en="no published scene has this code")
_NOBODYS: Final = Text(zh="它是公示案例，没有主办方", en="it is a reported case without an organiser")
_ANOTHERS: Final = Text(zh="它由另一家机构主办", en="another organisation looks after it")
_ELSEWHERE: Final = Text(zh="它已在另一个专区", en="it is in another zone already")
