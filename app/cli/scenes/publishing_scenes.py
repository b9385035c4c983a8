"""`diandian scene publish`: a scene from a file, checked and proposed; a reviewer of the platform opens it."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec

from app import footprint, scenarios
from app.cli.approvals import print_proposed
from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.foundation import identity
from app.foundation.approvals import Approval
from app.foundation.identity import Role
from app.gateways.database import fetch_one
from app.kernel import ids
from app.kernel.days import is_plausible
from app.kernel.errors import DomainError, Invalid
from app.kernel.text import Text
from app.registry.credits import Programme
from app.scenarios import Draft, Group, Layers, ScenarioKind, Setup
from app.views import decoding, estimates, facts
from config.settings import Settings

_MODES: Final = tuple(chip.mode for chip in footprint.CHIPS)


class SceneFileUnfit(Invalid):
    """The file is not a scene; `zh` and `en` say where."""

    code = "scenario.file_unfit"
    text = Text(zh="场景文件有误：{fault}", en="The scene's file is at fault: {fault}")

    def message(self) -> Text:
        """Each text with the fault in its own language."""
        zh, en = str(self.facts["zh"]), str(self.facts["en"])
        return Text(zh=self.text.filled(fault=zh).zh, en=self.text.filled(fault=en).en)


class _Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    zh: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    en: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str
    name: _Words
    emission_grams: int | None = None


class SceneFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scene as somebody writes it down."""

    organisation: str
    kind: ScenarioKind
    title: _Words
    starts_on: date
    ends_on: date
    modes: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=8)]
    programme: Programme
    default_km: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 10
    most_km: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 100
    extras: dict[str, str] = msgspec.field(default_factory=dict)
    extras_text: _Words | None = None
    groups: tuple[_Group, ...] = ()
    """Whose emissions there are; left out: the organiser answers for nobody."""
    default_group: str | None = None
    """Of whoever comes without a code that says another; left out: the first of the groups."""
    organiser_covers: tuple[str, ...] = ()
    """Codes of the groups that the organiser answers for. Only for these it states emissions."""
    emissions_source: _Words | None = None
    """Where the stated emissions come from; needed where any are."""
    code: Annotated[str, msgspec.Meta(pattern="^[0-9A-HJKMNP-TV-Z]{6,8}$")] | None = None
    """Chosen by us where left out."""


EXAMPLE: Final = json.dumps(
    {
        "organisation": "org_… (diandian organisation list)",
        "kind": "event",
        "title": {"zh": "示例职工欢乐跑", "en": "Sample Workers' Fun Run"},
        "starts_on": "2027-04-17",
        "ends_on": "2027-04-18",
        "modes": ["metro", "bus", "car"],
        "default_km": 15,
        "most_km": 100,
        "extras": {"meals_mixed": "1"},
        "extras_text": {"zh": "午餐 1 份", "en": "1 lunch"},
        "programme": "CDCER",
        "groups": [
            {"code": "runners", "name": {"zh": "参赛者", "en": "Runners"}, "emission_grams": 21500000},
            {"code": "venue", "name": {"zh": "场地与物料", "en": "Venue and materials"}, "emission_grams": 3600000},
            {"code": "guests", "name": {"zh": "观众", "en": "Spectators"}},
        ],
        "default_group": "guests",
        "organiser_covers": ["runners", "venue"],
        "emissions_source": {
            "zh": "活动计算器，2027-03-20，2400 人报名",
            "en": "Event calculator, 2027-03-20, 2,400 registered",
        },
    },
    ensure_ascii=False,
    indent=2,
)


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a file."""

    code: str
    waits: Approval | None
    """For a reviewer of the platform; None: the scene is open."""


async def publish(settings: Settings, raw: bytes, credentials: Credentials) -> Published:
    """Write the scene down and ask for it to be opened. The same scene again changes nothing.

    A draft that was not opened yet becomes what the file says now; a published scene stays as it is.

    Raises:
        SceneFileUnfit: with the field at fault; nothing was written.
        PowerMissing: neither an operator of the platform nor a sponsor of the organiser.
        NotTheMaker: somebody else's other text of it waits.
        ScenarioOver: it is closed.
        OrganisationUnknown, OrganisationUnverified: nobody runs scenes for it.
    """
    try:
        scene: SceneFile = decoding.decode(raw, SceneFile)
    except (msgspec.MsgspecError, Invalid) as fault:
        said = fault if isinstance(fault, Invalid) else facts.as_fact(fault)
        text = said.message()
        raise SceneFileUnfit(field=said.field, zh=text.zh, en=text.en) from fault
    _check(scene, footprint.load_factor_set(settings.factor_folder))
    async with database(settings), acting(settings, credentials) as by:
        organiser = await _organiser(scene, by)
        known = await fetch_one(
            "SELECT id, code, state, organisation_id FROM scenario WHERE code = $1 OR (organisation_id = $2 AND title_zh = $3"
            " AND starts_on = $4 AND ends_on = $5 AND state <> 'closed') ORDER BY code = $1 DESC NULLS LAST LIMIT 1",
            scene.code, organiser.id, scene.title.zh, scene.starts_on, scene.ends_on,
        )  # fmt: skip
        if known is not None and known["organisation_id"] != organiser.id:
            raise SceneFileUnfit(field="/code", zh="这个代码属于另一个场景", en="this code is another scene's")
        wanted = _draft(scene, organiser)
        if known is not None and known["state"] == "closed":
            raise scenarios.ScenarioOver
        if known is not None and known["state"] == "published":
            return Published(known["code"], None)
        if known is not None:
            await scenarios.redraft(known["id"], wanted)
        proposed = await scenarios.propose(known["id"] if known else await scenarios.draft(wanted), by=by)
        return Published(proposed.subject, proposed)


def tell(done: Published, public_url: str) -> None:
    """Its code and address, and who has to agree before anybody may enter."""
    line(f"{done.code}  {public_url}/s/{done.code}")
    if done.waits is not None:
        print_proposed([done.waits])
        line(
            say(
                "复核之前无人能进入：由平台的复核人员在 /operator/inbox 或用 diandian approvals approve 同意；"
                "复核人员不能是主办方的人",
                "nobody enters before that: a reviewer of the platform, who is not of the organiser, agrees at"
                " /operator/inbox or with `diandian approvals approve`",
            )
        )


async def _organiser(scene: SceneFile, by: UUID) -> identity.OrganisationCard:
    organisation_id = ids.parse("org", scene.organisation)
    card = await identity.find_organisation(organisation_id) if organisation_id else None
    if card is None:
        raise identity.OrganisationUnknown(field="/organisation")
    is_sponsor = await identity.acts_for(by, card.id, Role.SPONSOR)
    if not is_sponsor and Role.OPERATOR not in await identity.platform_roles(by):
        raise identity.PowerMissing
    if not card.is_verified:
        raise identity.OrganisationUnverified(field="/organisation")
    return card


def _check(scene: SceneFile, factors: footprint.FactorSet) -> None:
    """What a visitor would meet on the first tap is tried here."""
    if not scene.groups and (scene.default_group or scene.organiser_covers or scene.emissions_source):
        raise SceneFileUnfit(field="/groups", zh="没有写 groups", en="there are no groups")
    if (layers := _layers(scene)) is not None and (fault := scenarios.layers_fault(layers)) is not None:
        raise SceneFileUnfit(field=fault.field, zh=fault.problem.zh, en=fault.problem.en)
    for field, day in (("/starts_on", scene.starts_on), ("/ends_on", scene.ends_on)):
        if not is_plausible(day):
            raise SceneFileUnfit(field=field, zh="须在 1990 年至 2199 年之间", en="it must lie between 1990 and 2199")
    if scene.ends_on < scene.starts_on:
        raise SceneFileUnfit(field="/ends_on", zh="结束早于开始", en="it ends before it begins")
    if not scene.default_km <= scene.most_km:
        raise SceneFileUnfit(field="/default_km", zh="大于 most_km", en="more than most_km")
    for at, mode in enumerate(scene.modes):
        if mode not in _MODES:
            known = ", ".join(_MODES)
            raise SceneFileUnfit(field=f"/modes/{at}", zh=f"{mode} 不在 {known} 之中", en=f"{mode} is none of {known}")
        try:
            usual_km = estimates.reach(_setup(scene), mode).usual_km  # a flight begins at a distance of its own
            inputs = footprint.visit_inputs(mode, str(usual_km), round_trip=True, extras=scene.extras)
            footprint.calculate("personal", inputs, factors)
        except DomainError as refusal:
            where = refusal.field or "/extras"
            said = refusal.message()
            raise SceneFileUnfit(
                field=where, zh=f"{mode}：{said.zh}（{where}）", en=f"{mode}: {said.en} ({where})"
            ) from refusal


def _draft(scene: SceneFile, organiser: identity.OrganisationCard) -> Draft:
    return Draft(
        code=scene.code,
        kind=scene.kind,
        title=_text(scene.title),
        organiser=organiser.name,
        organisation_id=organiser.id,
        starts_on=scene.starts_on,
        ends_on=scene.ends_on,
        setup=_setup(scene),
    )


def _setup(scene: SceneFile) -> Setup:
    return Setup(
        modes=scene.modes,
        default_km=scene.default_km,
        most_km=scene.most_km,
        extras=dict(scene.extras),
        extras_text=_text(scene.extras_text),
        programme=scene.programme.value,
        layers=_layers(scene),
    )


def _layers(scene: SceneFile) -> Layers | None:
    if not scene.groups:
        return None
    return Layers(
        groups=tuple(Group(code=one.code, name=_text(one.name), emission_g=one.emission_grams) for one in scene.groups),
        default_group=scene.default_group or scene.groups[0].code,
        organiser_covers=scene.organiser_covers,
        source=_text(scene.emissions_source),
    )


def _text(words: _Words | None) -> Text:
    return Text(zh=words.zh, en=words.en) if words else Text(zh="", en="")
