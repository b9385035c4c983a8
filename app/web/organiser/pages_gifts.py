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
from app.kernel.mass import GRAMS_PER_KG, GRAMS_PER_TONNE
from app.kernel.money import Currency
from app.kernel.text import Text
from app.programmes import gifts
from app.programmes.gifts import AmountKind, Campaign, CampaignDraft, Phase
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.views import campaigns, estimates
from app.views.campaigns import BEIJING, Forecast
from app.views.console import Console
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services

_MINUTES: Final = 60
_LATEST: Final = 12
_LOW_PERCENT: Final = 20
_FORM: Final = ("amount", "each_kg", "most_people", "starts_at", "ends_at", "message_zh", "message_en")


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
            await gifts.draft(scene.id, _read(data), by=desk.person_id, now=desk.now)
            return here
        if step == "buy":
            return await _buy(desk, scene, campaign, data)
        await _step(desk, scene, campaign, data)
        return here

    return await desk.step(data, do, onward=str, again=lambda fact: _page(desk, scene, fact, typed=_typed(data)))


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
        "save": lambda: gifts.edit(campaign.id, _read(data), by=desk.person_id),
        "open": lambda: gifts.open_(campaign.id, by=desk.person_id, now=desk.now),
        "pause": lambda: gifts.pause(campaign.id, by=desk.person_id),
        "end": lambda: gifts.end(campaign.id, by=desk.person_id),
        "take_back": lambda: gifts.take_back(campaign.id, by=desk.person_id),
        "move": lambda: _move(desk, scene, campaign, data),
    }
    if (step := steps.get(data.get("do", ""))) is None:
        raise gifts.CampaignUnfit(field="/do", problem_zh="没有这一步", problem_en="there is no such step")
    await step()


async def _move(desk: Desk, scene: scenarios.Scene, campaign: Campaign, data: dict[str, str]) -> None:
    """From the organisation's holding into the pool."""
    assert scene.setup is not None, "a case gives nothing"
    source = await holdings.open_holding(campaign.sponsor_id)
    amount = holdings.Amount(Mix.only(Programme(scene.setup.programme)), _grams(data, "move_t", GRAMS_PER_TONNE))
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
        mass_g=_grams(data, "buy_t", GRAMS_PER_TONNE),
        mix=Mix.only(Programme(scene.setup.programme)),
    )
    asked = NewJointOrder(
        payer_id=campaign.sponsor_id, lines=(line,), currency=Currency.CNY, language=desk.language.value
    )
    order = await orders.place_joint(
        asked, by=desk.person_id, key=str(ids.uuid7()), clock=desk.services.gateways.clock, bounds=desk.services.bounds
    )
    return f"/o/{ids.public('ord', order.id)}"


_TOO_MUCH: Final = Text(zh="请填写 0.001 到 100,000 之间的吨数", en="0.001 to 100,000 tonnes")


def _grams(data: dict[str, str], field: str, unit_g: int) -> int:
    """A mass as it was typed, in a unit."""
    text = data.get(field, "").strip().replace(",", "").replace("，", "")
    whole, _, part = text.partition(".")
    digits = len(str(unit_g)) - 1
    if not (whole + part).isascii() or not (whole or part) or not (whole + part).isdecimal() or len(part) > digits:
        raise gifts.CampaignUnfit(field=f"/{field}", problem_zh=_TOO_MUCH.zh, problem_en=_TOO_MUCH.en)
    grams = int(whole or "0") * unit_g + int((part or "0").ljust(digits, "0"))
    if not 0 < grams <= 100_000 * GRAMS_PER_TONNE:
        raise gifts.CampaignUnfit(field=f"/{field}", problem_zh=_TOO_MUCH.zh, problem_en=_TOO_MUCH.en)
    return grams


def _read(data: dict[str, str]) -> CampaignDraft:
    """The form; what cannot be read is named by its field."""
    most = data.get("most_people", "").strip()
    if most and not (most.isascii() and most.isdecimal()):
        raise gifts.CampaignUnfit(
            field="/most_people", problem_zh="人数请填整数", problem_en="a whole number of people"
        )
    message_zh, message_en = data.get("message_zh", "").strip(), data.get("message_en", "").strip()
    try:
        amount = AmountKind(data.get("amount", ""))
    except ValueError:
        raise gifts.CampaignUnfit(
            field="/amount", problem_zh="请选择赠碳方式", problem_en="choose what is given"
        ) from None
    return CampaignDraft(
        amount=amount,
        each_g=_grams(data, "each_kg", GRAMS_PER_KG),
        most_people=int(most) if most else None,
        starts_at=_instant(data, "starts_at"),
        ends_at=_instant(data, "ends_at"),
        message=Text(zh=message_zh, en=message_en) if message_zh or message_en else None,
    )


def _instant(data: dict[str, str], field: str) -> datetime:
    """A field of `datetime-local`, which is Beijing's."""
    try:
        return datetime.fromisoformat(data.get(field, "")).replace(tzinfo=BEIJING)
    except ValueError:
        raise gifts.CampaignUnfit(
            field=f"/{field}", problem_zh="请选择日期和时间", problem_en="choose day and time"
        ) from None


def _typed(data: dict[str, str]) -> dict[str, str]:
    return {name: data.get(name, "")[:200] for name in (*_FORM, "buy_t", "move_t")}


def _as_typed(scene: scenarios.Scene, campaign: Campaign | None, now: datetime) -> dict[str, str]:
    if campaign is None:
        begins = now.astimezone(BEIJING).replace(second=0, microsecond=0, tzinfo=None)
        ends = begins.replace(hour=23, minute=59)
        if scene.ends_on is not None:
            ends = datetime.combine(scene.ends_on, ends.time())
        return {
            "amount": AmountKind.COVER.value, "each_kg": "20", "starts_at": begins.isoformat(timespec="minutes"),
            "ends_at": max(ends, begins + timedelta(hours=1)).isoformat(timespec="minutes"),
        }  # fmt: skip
    kg, grams = divmod(campaign.each_g, GRAMS_PER_KG)
    return {
        "amount": campaign.amount.value,
        "each_kg": f"{kg}.{grams:03d}".rstrip("0").rstrip("."),
        "most_people": str(campaign.most_people or ""),
        "starts_at": _local(campaign.starts_at),
        "ends_at": _local(campaign.ends_at),
        "message_zh": campaign.message_zh or "",
        "message_en": campaign.message_en or "",
    }


def _local(instant: datetime) -> str:
    return instant.astimezone(BEIJING).replace(tzinfo=None).isoformat(timespec="minutes")


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
        "typed": _as_typed(scene, campaign, now) | {k: v for k, v in (typed or {}).items() if v},
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
        held_g=await _held(campaign, scene),
        export_url=f"{here}.xlsx",
        refresh_s=10 if phase is Phase.OPEN else None,
        **page,
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
    route_handlers=[show_gift, change_gift, export_gift],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
