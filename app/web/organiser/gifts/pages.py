"""A scene's gift at the organiser's desk: set up, filled, opened, watched, paused, ended, and taken home as a sheet."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import scenarios
from app.commerce import orders
from app.commerce.orders import NewHoldLine, NewJointOrder
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.mass import GRAMS_PER_KG, GRAMS_PER_TONNE
from app.kernel.money import Currency
from app.kernel.typed import typed_number
from app.programmes import gifts
from app.programmes.gifts import Audience, Campaign
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.views.errors import NotSignedIn
from app.views.giving import campaigns
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.gifts.forms import grams, read, typed_in
from app.web.organiser.gifts.page import latest_campaign, page_of
from app.web.organiser.scenes import giving_scene


@get("/organiser/{code:str}/gift", include_in_schema=False, guards=[by_password])
async def show_gift(desk: NamedDependency[Desk], code: FromPath[str]) -> Response[bytes]:
    """How the gift goes; where there is none yet, the form that sets it up."""
    return desk.page(await page_of(desk, await giving_scene(code, desk.person_id)))


@post("/organiser/{code:str}/gift", include_in_schema=False, guards=[by_password, limited("gift_change", 60, is_exact=True)],
      status_code=303)  # fmt: skip
async def change_gift(
    desk: NamedDependency[Desk], code: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """One step of its: saved, opened, paused, ended, filled, or taken back."""
    scene = await giving_scene(code, desk.person_id)
    here = f"/organiser/{scene.code}/gift"

    async def do() -> str:
        campaign, step = await latest_campaign(scene), data.get("do", "")
        if campaign is None or step == "new":
            await gifts.draft(scene.id, read(data), by=desk.person_id, now=desk.now)
            return here
        if step == "buy":
            return await _buy(desk, scene, campaign, data)
        await _step(desk, scene, campaign, data)
        return here

    return await desk.step(data, do, onward=str, again=lambda fact: page_of(desk, scene, fact, typed=typed_in(data)))


@post(
    "/organiser/{code:str}/gift/codes",
    include_in_schema=False,
    guards=[by_password, limited("gift_change", 60, is_exact=True)],
)
async def make_codes(desk: NamedDependency[Desk], code: FromPath[str], data: forms.Fields) -> Response[bytes]:
    """One-time codes, as a file that is there this once; what stands in the way is said on the page."""
    scene = await giving_scene(code, desk.person_id)
    try:
        desk.demand_seal(data)
        if (campaign := await latest_campaign(scene)) is None:
            raise gifts.CampaignUnknown
        count = typed_number(data.get("count", "")) or ""
        made = await gifts.make_codes(
            campaign.id, int(count) if count.isdecimal() and len(count) < 7 else 0,
            data.get("label", ""), by=desk.person_id, keyring=desk.services.keyring,
            group_code=data.get("group") or None,
            card_g=grams(data, "card_kg", GRAMS_PER_KG) if campaign.audience is Audience.CARDS else None,
        )  # fmt: skip
    except DomainError as fact:
        return desk.page(await page_of(desk, scene, fact, typed=typed_in(data)), fact)
    return Response(
        campaigns.as_list(
            made.codes,
            f"{desk.services.issuer.public_url}/s/{scene.code}",
            is_cards=campaign.audience is Audience.CARDS,
        ),
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
    scene = await giving_scene(code, desk.person_id)
    campaign = await latest_campaign(scene)
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


async def _step(desk: Desk, scene: scenarios.Scene, campaign: Campaign, data: dict[str, str]) -> None:
    steps: dict[str, Callable[[], Awaitable[Any]]] = {
        "save": lambda: gifts.edit(campaign.id, read(data), by=desk.person_id),
        "open": lambda: gifts.open_(campaign.id, by=desk.person_id, now=desk.now),
        "pause": lambda: gifts.pause(campaign.id, by=desk.person_id),
        "end": lambda: gifts.end(campaign.id, by=desk.person_id),
        "take_back": lambda: gifts.take_back(campaign.id, by=desk.person_id),
        "move": lambda: _move(desk, scene, campaign, data),
        "refund": lambda: _refund(desk, campaign, data),
        "kill": lambda: gifts.kill_cards(campaign.id, by=desk.person_id),
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


async def _refund(desk: Desk, campaign: Campaign, data: dict[str, str]) -> None:
    """What of one purchase is still free: the grams go back, and their money to whoever paid. A repeat finds nothing free."""
    line_id = ids.parse("lin", data.get("line", ""))
    bought = await orders.purchases_into(campaign.account_id, payer_id=campaign.sponsor_id)
    one = next((each for each in bought if each.line_id == line_id), None)
    if one is None:
        raise orders.LineUnknown
    await orders.return_line(one.order_id, one.line_id, one.free_g, by=desk.person_id, key=str(ids.uuid7()))


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


routes = Router(
    "/",
    route_handlers=[show_gift, change_gift, make_codes, export_gift],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
