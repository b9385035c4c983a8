"""A scene's gift at the organiser's desk: set up, filled, opened, watched, paused, ended, and taken home as a sheet."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import scenarios
from app.commerce import orders
from app.commerce.orders import NewHoldLine, NewJointOrder
from app.foundation import identity
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.money import Currency
from app.programmes import gifts
from app.programmes.gifts import Audience, Campaign, Phase
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.views import campaigns, estimates
from app.views.campaigns import Forecast
from app.views.console import Console
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.gift_forms import as_typed, grams, read, typed_in

_MINUTES: Final = 60
_LATEST: Final = 12
_LOW_PERCENT: Final = 20


@dataclass(frozen=True, slots=True)
class Bar:
    """One minute of the chart."""

    at: datetime
    people: int
    left_g: int
    """What the pool had at its end."""


@dataclass(frozen=True, slots=True)
class Row:
    """One collection of the list; nobody's name is in it."""

    no: int
    mass_g: int
    at: datetime
    is_named: bool


@dataclass(frozen=True, slots=True)
class BatchShown:
    """A batch of one-time codes."""

    shown_id: str
    label: str
    size: int
    used: int
    made_at: datetime
    voided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftDeskPage(Console):
    """Everything about a scene's gift. Its forms go by POST to `action`, what they do in the field `do`."""

    template: ClassVar[str] = "organiser/gift.html"

    code: str
    title: str
    scene_url: str
    action: str
    campaign: Campaign | None
    """None: nothing is set up yet, and the form stands alone."""
    phase: Phase | None
    typed: dict[str, str]
    """Of the form: as it is, or as it was typed last."""
    is_low: bool = False
    forecast: Forecast | None = None
    bars: tuple[Bar, ...] = ()
    latest: tuple[Row, ...] = ()
    batches: tuple[BatchShown, ...] = ()
    """Of one-time codes, where it is for codes; the newest first."""
    held_g: int = 0
    """In the organisation's holding, of the scene's programme."""
    export_url: str = ""
    refresh_s: int | None = None


@get("/organiser/{code:str}/gift", include_in_schema=False, guards=[by_password])
async def show_gift(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[bytes]:
    """How the gift goes; where there is none yet, the form that sets it up."""
    return desk.page(await _page(desk, await _own(desk, code)))


@post("/organiser/{code:str}/gift", include_in_schema=False, guards=[by_password, limited("gift_change", 60, is_exact=True)],
      status_code=303)  # fmt: skip
async def change_gift(
    desk: NamedDependency[Desk], code: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """One step of its: saved, opened, paused, ended, filled, or taken back."""
    scene = await _own(desk, code)
    here = f"/organiser/{scene.code}/gift"

    async def do() -> str:
        campaign, step = await _campaign(scene), data.get("do", "")
        if campaign is None or step == "new":
            await gifts.draft(scene.id, read(data), by=desk.person_id, now=desk.now)
            return here
        if step == "buy":
            return await _buy(desk, scene, campaign, data)
        await _step(desk, scene, campaign, data)
        return here

    return await desk.step(data, do, onward=str, again=lambda fact: _page(desk, scene, fact, typed=typed_in(data)))


@post(
    "/organiser/{code:str}/gift/codes",
    include_in_schema=False,
    guards=[by_password, limited("gift_change", 60, is_exact=True)],
)
async def make_codes(desk: NamedDependency[Desk], code: FromPath[str], data: forms.Fields) -> Response[bytes]:
    """One-time codes, as a file that is there this once; what stands in the way is said on the page."""
    scene = await _own(desk, code)
    try:
        desk.demand_seal(data)
        if (campaign := await _campaign(scene)) is None:
            raise gifts.CampaignUnknown
        count = data.get("count", "").strip()
        made = await gifts.make_codes(
            campaign.id, int(count) if count.isascii() and count.isdecimal() and len(count) < 7 else 0,
            data.get("label", ""), by=desk.person_id, keyring=desk.services.keyring,
        )  # fmt: skip
    except DomainError as fact:
        return desk.page(await _page(desk, scene, fact, typed=typed_in(data)), fact)
    return Response(
        campaigns.as_list(made.codes, f"{desk.services.issuer.public_url}/s/{scene.code}"),
        status_code=200,
        media_type="text/csv",
        headers={
            "content-disposition": f'attachment; filename="codes-{scene.code}.csv"',
            "cache-control": "no-store",
        },
    )


@get("/organiser/{code:str}/gift.xlsx", include_in_schema=False, guards=[by_password, limited("export", 20)])
async def export_gift(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[bytes]:
    """The results as a sheet."""
    scene = await _own(desk, code)
    campaign = await _campaign(scene)
    if campaign is None:
        raise gifts.CampaignUnknown
    return Response(
        await campaigns.as_sheet(campaign, scene, desk.language),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "content-disposition": f'attachment; filename="gift-{scene.code}.xlsx"',
            "cache-control": "no-store",
        },
    )


async def _own(desk: Desk, code: str) -> scenarios.Scene:
    """The scene, for whoever gives in the name of its organiser.

    Raises:
        RoleMissing: it is nobody's, or they may not.
    """
    scene = await scenarios.open_scene(code, today=estimates.today())
    if scene.organisation_id is None:
        raise identity.RoleMissing
    await identity.demand_role(desk.person_id, scene.organisation_id, *gifts.GIVING)
    return scene


async def _campaign(scene: scenarios.Scene) -> Campaign | None:
    """The latest of the scene, a draft included."""
    found = await gifts.campaigns_of(scenarios=[scene.id])
    return found[0] if found else None


async def _step(desk: Desk, scene: scenarios.Scene, campaign: Campaign, data: dict[str, str]) -> None:
    steps: dict[str, Callable[[], Awaitable[Any]]] = {
        "save": lambda: gifts.edit(campaign.id, read(data), by=desk.person_id),
        "open": lambda: gifts.open_(campaign.id, by=desk.person_id, now=desk.now),
        "pause": lambda: gifts.pause(campaign.id, by=desk.person_id),
        "end": lambda: gifts.end(campaign.id, by=desk.person_id),
        "take_back": lambda: gifts.take_back(campaign.id, by=desk.person_id),
        "move": lambda: _move(desk, scene, campaign, data),
        "void": lambda: gifts.void_codes(campaigns.batch_id(data.get("batch", "")), by=desk.person_id),
    }
    if (step := steps.get(data.get("do", ""))) is None:
        raise gifts.CampaignUnfit(field="/do", problem_zh="没有这一步", problem_en="there is no such step")
    await step()


async def _move(desk: Desk, scene: scenarios.Scene, campaign: Campaign, data: dict[str, str]) -> None:
    """From the organisation's holding into the pool."""
    assert scene.setup is not None, "a case gives nothing"
    source = await holdings.open_holding(campaign.sponsor_id)
    amount = holdings.Amount(Mix.only(Programme(scene.setup.programme)), grams(data, "move_t", GRAMS_PER_TONNE))
    cause = f"gift_fill:{ids.uuid7()}"
    await holdings.move(
        cause, source.account, holdings.Account.read(campaign.holder), amount, reason="gift",
        actor=f"person:{desk.person_id}",
    )  # fmt: skip


async def _buy(desk: Desk, scene: scenarios.Scene, campaign: Campaign, data: dict[str, str]) -> str:
    """An order of tonnes into the pool; answers its cashier."""
    assert scene.setup is not None, "a case gives nothing"
    line = NewHoldLine(
        account_id=campaign.account_id,
        mass_g=grams(data, "buy_t", GRAMS_PER_TONNE),
        mix=Mix.only(Programme(scene.setup.programme)),
    )
    asked = NewJointOrder(
        payer_id=campaign.sponsor_id, lines=(line,), currency=Currency.CNY, language=desk.language.value
    )
    order = await orders.place_joint(
        asked, by=desk.person_id, key=str(ids.uuid7()), clock=desk.services.gateways.clock, bounds=desk.services.bounds
    )
    return f"/o/{ids.public('ord', order.id)}"


async def _page(
    desk: Desk, scene: scenarios.Scene, fact: DomainError | None = None, *, typed: dict[str, str] | None = None
) -> GiftDeskPage:
    campaign, now, here = await _campaign(scene), desk.now, f"/organiser/{scene.code}/gift"
    page: dict[str, Any] = {
        **desk.frame(here, fact),
        "section": "/organiser",
        "roles": (),
        "door": "organiser",
        "code": scene.code,
        "title": scene.title.in_(desk.language),
        "scene_url": f"/organiser/{scene.code}",
        "action": here,
        "campaign": campaign,
        "typed": as_typed(scene, campaign, now) | {k: v for k, v in (typed or {}).items() if v},
    }
    if campaign is None:
        return GiftDeskPage(phase=None, **page)
    minutes = await gifts.by_minute(campaign.id, since=now - timedelta(minutes=_MINUTES))
    phase = campaign.phase(now)
    return GiftDeskPage(
        phase=phase,
        is_low=phase is Phase.OPEN and campaign.left_g * 100 < _LOW_PERCENT * (campaign.left_g + campaign.collected_g),
        forecast=campaigns.forecast(campaign, minutes, now) if phase is Phase.OPEN else None,
        bars=_bars(campaign, minutes, now),
        latest=tuple(
            Row(one.no, one.mass_g, one.collected_at, one.has_name)
            for one in await gifts.latest(campaign.id, limit=_LATEST)
        ),
        batches=await _batches(campaign) if campaign.audience is Audience.CODES else (),
        held_g=await _held(campaign, scene),
        export_url=f"{here}.xlsx",
        refresh_s=10 if phase is Phase.OPEN else None,
        **page,
    )


async def _batches(campaign: Campaign) -> tuple[BatchShown, ...]:
    return tuple(
        BatchShown(ids.public("gcb", one.id), one.label, one.size, one.used, one.made_at, one.voided_at)
        for one in await gifts.batches_of([campaign.id])
    )


async def _held(campaign: Campaign, scene: scenarios.Scene) -> int:
    own = [one for one in await holdings.accounts_of([campaign.sponsor_id]) if one.is_holding]
    if not own or scene.setup is None:
        return 0
    found = await holdings.balances(own[0].account)
    return sum(one.mass_g for one in found if one.programme.value == scene.setup.programme)


def _bars(campaign: Campaign, minutes: list[gifts.Minute], now: datetime) -> tuple[Bar, ...]:
    """The last hour minute by minute, back from what the pool has now; purchases meanwhile are not drawn."""
    by = {one.at: one for one in minutes}
    this, left, bars = now.replace(second=0, microsecond=0), campaign.left_g, []
    for back in range(_MINUTES):
        at = this - timedelta(minutes=back)
        one = by.get(at)
        bars.append(Bar(at, one.people if one else 0, left))
        left += one.mass_g if one else 0
    return tuple(reversed(bars))


routes = Router(
    "/",
    route_handlers=[show_gift, change_gift, make_codes, export_gift],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
