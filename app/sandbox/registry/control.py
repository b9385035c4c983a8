"""What a test or a demo tells the registry: units to issue, misfortunes, and what its books say."""

from typing import Annotated, Any, Final

from litestar import get, post
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from app.sandbox.far_side import FarSide
from app.sandbox.registry import faults, units


class Block(Struct, frozen=True, forbid_unknown_fields=True):
    """Units to put into an account; ours by default."""

    programme: Annotated[str, Meta(min_length=1, max_length=16)]
    serial: Annotated[str, Meta(min_length=1, max_length=200)]
    first: Annotated[int, Meta(ge=0)]
    last: Annotated[int, Meta(ge=0)]
    account: str | None = None


class RegistryFaultForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong in the next calls of a route."""

    route: str
    kind: str
    times: Annotated[int, Meta(ge=1, le=1000)] = 1
    hold_s: Annotated[float, Meta(ge=0, le=3600)] = 30
    """How long a silence lasts (real seconds), or when what was accepted is final (times the factor)."""


@post("/registry/units", status_code=200)
async def issue_units(far: FarSide, data: list[Block]) -> dict[str, int]:
    """Issue blocks; one that is there already stays as it is."""
    for block in data:
        units.issue(
            far,
            programme=block.programme,
            serial=block.serial,
            first=block.first,
            last=block.last,
            account=block.account or far.registry.account,
        )
    return {"issued": len(data)}


@post("/registry/fault", status_code=200)
async def order_registry_fault(far: FarSide, data: RegistryFaultForm) -> dict[str, Any]:
    """Let something go wrong in the next calls."""
    if data.route not in faults.ROUTES:
        raise ValidationException(f"route: one of {sorted(faults.ROUTES)}")
    if not faults.is_kind(data.kind):
        raise ValidationException(f"kind: one of {sorted(faults.NAMES)} or refusal:CODE")
    faults.order(far, route=data.route, kind=data.kind, times=data.times, hold_s=data.hold_s)
    return {"ordered": data.times}


@get("/registry/truth")
async def tell_registry_truth(far: FarSide) -> dict[str, Any]:
    """Every block and every cancellation."""
    return {
        "blocks": far.truth.rows("SELECT * FROM registry_block ORDER BY rowid"),
        "cancellations": far.truth.rows("SELECT * FROM registry_cancellation ORDER BY asked_at, rowid"),
    }


ROUTES: Final[list[HTTPRouteHandler]] = [issue_units, order_registry_fault, tell_registry_truth]
