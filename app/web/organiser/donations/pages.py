"""Pages of donations: the zones, giving to one, the agreement, how one is shown, and retiring a zone's account."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from app.commerce import orders
from app.commerce.orders import NewHoldLine, NewJointOrder
from app.foundation.approvals import ApprovalUnknown
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.money import Currency
from app.programmes import donations, zones
from app.programmes.donations import Asked, Gift, NewIntent, Shown
from app.programmes.zones import Zone
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.donations import support
from app.web.organiser.donations.forms import amount_fen, day, donor_id, grams, known_id
from app.web.organiser.donations.mapping import HERE, give_page, own_page

_STEP: Final = (by_password, limited("donations", 60, is_exact=True))
_UPLOAD_BYTES: Final = 6 * 1024 * 1024


@get(HERE, include_in_schema=False, guards=[by_password])
async def show_own(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The zones, and what the reader's organisations gave."""
    return desk.page(await own_page(desk))


@get(f"{HERE}/{{slug:str}}", include_in_schema=False, guards=[by_password])
async def show_zone(desk: NamedDependency[Desk], slug: FromPath[str]) -> Response[bytes]:
    """One zone, to give to it."""
    return desk.page(await give_page(desk, await zones.find(slug)))


@post(f"{HERE}/{{slug:str}}", include_in_schema=False, guards=[*_STEP], status_code=303)
async def change(desk: NamedDependency[Desk], slug: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """One step: given, meant, bought, withdrawn, shown, retired, agreed to."""
    zone = await zones.find(slug)
    steps: dict[str, Callable[[Desk, Zone, dict[str, str]], Awaitable[str | None]]] = {
        "give": _give,
        "intend": _intend,
        "buy": _buy,
        "withdraw": _withdraw,
        "show": _show,
        "retire": _retire,
        "agree": _agree,
        "agree_support": _agree_support,
        "show_support": _show_support,
    }

    async def do() -> str:
        step = steps.get(data.get("do", ""))
        if step is None:
            raise donations.DonationUnfit(field="/do", problem_zh="没有这一步", problem_en="there is no such step")
        return await step(desk, zone, data) or f"{HERE}/{zone.slug}"

    return await desk.step(data, do, onward=str, again=lambda fact: give_page(desk, zone, fact, typed=data))


@post(
    f"{HERE}/{{slug:str}}/agreement",
    include_in_schema=False,
    guards=[*_STEP],
    status_code=303,
    request_max_body_size=_UPLOAD_BYTES,
)
async def upload(
    desk: NamedDependency[Desk],
    slug: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[bytes] | Redirect:
    """The agreement of an intent."""
    zone, file = await zones.find(slug), data.get("agreement")

    async def do() -> None:
        await donations.keep_agreement(
            known_id("din", str(data.get("intent", ""))), await file.read() if isinstance(file, UploadFile) else b"",
            by=desk.person_id, files=desk.services.gateways.files, keyring=desk.services.keyring,
        )  # fmt: skip

    return await desk.step(data, do, onward=f"{HERE}/{zone.slug}", again=lambda fact: give_page(desk, zone, fact))


@post(
    f"{HERE}/{{slug:str}}/support",
    include_in_schema=False,
    guards=[*_STEP],
    status_code=303,
    request_max_body_size=_UPLOAD_BYTES,
)
async def record_support(
    desk: NamedDependency[Desk],
    slug: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[bytes] | Redirect:
    """Support in its own unit, for another of the owner's people to agree to; of the document only the digest is kept."""
    zone, file = await zones.find(slug), data.get("document")
    typed = {name: str(value) for name, value in data.items() if not isinstance(value, UploadFile)}

    async def do() -> None:
        content = await file.read() if isinstance(file, UploadFile) else b""
        await support.record(desk, zone, typed, content)

    return await desk.step(
        data, do, onward=f"{HERE}/{zone.slug}", again=lambda fact: give_page(desk, zone, fact, typed=typed)
    )


@get(f"{HERE}/{{slug:str}}/agreement/{{shown_id:str}}", include_in_schema=False, guards=[by_password])
async def download(desk: NamedDependency[Desk], slug: FromPath[str], shown_id: FromPath[str]) -> Response[bytes]:
    """The file, for the donor's people and for those of the zone's owner."""
    await zones.find(slug)
    data = await donations.fetch_agreement(
        known_id("din", shown_id), by=desk.person_id, files=desk.services.gateways.files, keyring=desk.services.keyring
    )
    return Response(
        data,
        media_type="application/pdf",
        headers={
            "content-disposition": f'attachment; filename="agreement-{shown_id[-8:]}.pdf"', "cache-control": "no-store",
        },
    )  # fmt: skip


async def _give(desk: Desk, zone: Zone, data: dict[str, str]) -> None:
    asked = Gift(
        donor_id=donor_id(data),
        mass_g=grams(data, "give_t"),
        shown_as=_shown(data),
        intent_id=known_id("din", data["intent"]) if data.get("intent") else None,
        language=desk.language.value,
    )
    await donations.give(zone, asked, by=desk.person_id, key=_key(data))


async def _intend(desk: Desk, zone: Zone, data: dict[str, str]) -> None:
    has_money = bool(data.get("intend_yuan", "").strip())
    asked = NewIntent(
        donor_id=donor_id(data),
        mass_g=None if has_money else grams(data, "intend_t"),
        amount_fen=amount_fen(data, "intend_yuan") if has_money else None,
        due_on=day(data, "due_on"),
        shown_as=_shown(data),
    )
    await donations.intend(zone, asked, by=desk.person_id, now=desk.now, intent_id=_intent_id(desk, data))


async def _buy(desk: Desk, zone: Zone, data: dict[str, str]) -> str:
    """An order into the donor's holding, which is given by itself once it is paid; answers its cashier."""
    donor, mass_g = donor_id(data), grams(data, "buy_t")
    intent_id = await donations.intend(
        zone,
        NewIntent(donor_id=donor, mass_g=mass_g, due_on=beijing_day(desk.now), shown_as=_shown(data)),
        by=desk.person_id, now=desk.now, intent_id=_intent_id(desk, data),
    )  # fmt: skip
    account = await holdings.open_holding(donor)
    line = NewHoldLine(account_id=account.id, mass_g=mass_g, mix=Mix.only(Programme(data.get("programme", "CDCER"))))
    order = await orders.place_joint(
        NewJointOrder(payer_id=donor, lines=(line,), currency=Currency.CNY, language=desk.language.value),
        by=desk.person_id, key=f"donation:{intent_id}", clock=desk.services.gateways.clock, bounds=desk.services.bounds,
    )  # fmt: skip
    await donations.order_for(intent_id, order.id, by=desk.person_id)
    return f"/o/{ids.public('ord', order.id)}"


async def _withdraw(desk: Desk, zone: Zone, data: dict[str, str]) -> None:  # noqa: ARG001 - every step has one shape
    await donations.withdraw(known_id("din", data.get("intent", "")), by=desk.person_id)


async def _show(desk: Desk, zone: Zone, data: dict[str, str]) -> None:  # noqa: ARG001 - as above
    await donations.show(known_id("don", data.get("donation", "")), _shown(data), by=desk.person_id)


async def _retire(desk: Desk, zone: Zone, data: dict[str, str]) -> None:
    asked = Asked(today=beijing_day(desk.now), language=desk.language.value)
    key, held = _key(data), (await donations.neutrality(zone)).held_g
    if held > desk.services.alone_g:
        await donations.propose(zone, asked, by=desk.person_id, key=key)
    else:
        await donations.retire(zone, asked, by=desk.person_id, key=key, limit_g=desk.services.alone_g)


async def _agree(desk: Desk, zone: Zone, data: dict[str, str]) -> None:  # noqa: ARG001 - as above
    approval_id = ids.parse("apr", data.get("approval", ""))
    if approval_id is None:
        raise ApprovalUnknown
    await donations.agree(approval_id, seen=data.get("seen", ""), by=desk.person_id)


async def _agree_support(desk: Desk, zone: Zone, data: dict[str, str]) -> None:  # noqa: ARG001 - as above
    approval_id = ids.parse("apr", data.get("approval", ""))
    if approval_id is None:
        raise ApprovalUnknown
    await donations.agree_support(approval_id, seen=data.get("seen", ""), by=desk.person_id)


async def _show_support(desk: Desk, zone: Zone, data: dict[str, str]) -> None:  # noqa: ARG001 - as above
    await donations.show_support(known_id("sup", data.get("support", "")), _shown(data), by=desk.person_id)


def _shown(data: dict[str, str]) -> Shown:
    """A box that nobody ticked is no consent."""
    return Shown.NAME if data.get("named") == "yes" else Shown.ANONYMOUS


def _key(data: dict[str, str]) -> str:
    """The form's own token, the same however often it is sent; another form has another."""
    return data.get("intent_key", "")[:64] or str(ids.uuid7())


def _intent_id(desk: Desk, data: dict[str, str]) -> UUID:
    """Of this form: sent twice, it is one intent."""
    return donations.donation_id(f"intent {_key(data)}", by=desk.person_id)


routes = Router(
    "/",
    route_handlers=[show_own, show_zone, change, upload, record_support, download],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
