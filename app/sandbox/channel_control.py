"""The control plane of every channel alike: `/_sandbox/channels/<name>/…`, by the merchant's order number."""

from typing import Annotated, Any, Final

from litestar import post
from litestar.exceptions import NotFoundException, ValidationException
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from app.sandbox import notices
from app.sandbox.channels import FarChannel, Outcome, channels
from app.sandbox.far_side import FarSide
from app.sandbox.plans import Plan


class VisitForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A payer's visit that ends well unless another outcome is named."""

    reference: str
    outcome: Outcome = Outcome.SUCCESS
    late: bool = False
    """Pay even what is closed or expired, as a slow bank does."""
    taken: bool = False
    """Where the merchant takes what was approved: as if it had done so in the same moment, and only that is told."""


class TravelForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How the notice of an order travels. Before payment it is kept for it; after payment it is sent (again) so."""

    reference: str
    drop: bool = False
    """Before payment: no notice ever. After it: what still waits is never sent."""
    delay_s: Annotated[float, Meta(ge=0, le=30 * 24 * 3600)] = 0
    """Nominal, like every waiting time: multiplied by the time factor."""
    duplicate: Annotated[int, Meta(ge=1, le=1000)] = 1
    at_once: bool = False
    fresh_ids: bool = False
    tamper: str | None = None


class ResultForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How a refund that is under way ends, or without a number all that come."""

    result: str
    refund_reference: str | None = None


class DefectForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with the bills from now on; an empty one mends them."""

    defect: str


@post("/channels/{name:str}/outcome", status_code=200)
async def bring_about(far: FarSide, name: str, data: VisitForm) -> dict[str, Any]:
    """Let the payer's visit end with the named outcome; answers where the channel sends the payer then."""
    channel = _channel(name)
    with far.truth.transaction():
        sent_to = channel.bring_about(far, data.reference, data.outcome, late=data.late)
        if data.taken and channel.take is not None:
            notices.drop(far, data.reference, channel=name)
            channel.take(far, data.reference)
    return {"sent_to": sent_to}


@post("/channels/{name:str}/somebody", status_code=200)
async def make_somebody(far: FarSide, name: str) -> dict[str, str]:
    """Somebody new whom the app around a page knows, by the id that our side would be told."""
    channel = _channel(name)
    if channel.somebody is None:
        raise NotFoundException(detail=f"{name} tells nobody apart")
    return {"id": channel.somebody(far)}


@post("/channels/{name:str}/notify", status_code=200)
async def notify(far: FarSide, name: str, data: TravelForm) -> dict[str, bool]:
    """Say how a notice travels, or send it again."""
    channel = _channel(name)
    if data.tamper is not None:
        _one_of("tamper", data.tamper, channel.tampers)
    plan = Plan(
        drop=data.drop,
        delay_s=data.delay_s,
        copies=data.duplicate,
        at_once=data.at_once,
        fresh_ids=data.fresh_ids,
        tamper=data.tamper,
    )
    return {"kept_for_payment": channel.notify(far, data.reference, plan)}


@post("/channels/{name:str}/refund", status_code=200)
async def set_refund(far: FarSide, name: str, data: ResultForm) -> dict[str, str]:
    """Say how refunds end."""
    channel = _channel(name)
    _one_of("result", data.result, channel.refund_results)
    assert channel.set_refund is not None
    channel.set_refund(far, data.result, data.refund_reference)
    far.wake.set()
    return {"result": data.result}


@post("/channels/{name:str}/bill", status_code=200)
async def set_bill(far: FarSide, name: str, data: DefectForm) -> dict[str, str]:
    """Let the bills that are fetched from now on have this defect (the setting `<name>.bill.defect`)."""
    _one_of("defect", data.defect, _channel(name).bill_defects)
    far.truth.set(f"{name}.bill.defect", data.defect)
    return {"defect": data.defect}


ROUTES: Final[list[HTTPRouteHandler]] = [bring_about, make_somebody, notify, set_refund, set_bill]


def _channel(name: str) -> FarChannel:
    found = channels().get(name)
    if found is None:
        raise NotFoundException(f"no channel {name}")
    return found


def _one_of(field: str, value: str, known: frozenset[str]) -> None:
    if value not in known:
        raise ValidationException(f"{field}: one of {sorted(known)}")
