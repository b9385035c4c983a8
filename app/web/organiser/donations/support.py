"""Support in its own unit (其他支持) in the organisers' door: what was typed, what waits, what one's organisations gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from app.foundation import identity
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.text import Language, Text
from app.kernel.typed import typed_number
from app.programmes import donations
from app.programmes.donations import NewSupport, Quantity, Shown, SupportKind, SupportUnit
from app.programmes.zones import Zone
from app.web.kit.desk import Desk
from app.web.organiser.donations.forms import amount_fen, day

_DIGITS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingSupport:
    """What one of the owner's people recorded, for another to agree to."""

    shown_id: str
    digest: str
    kind: str
    quantity: str
    told: str
    donor: str
    document: str
    """The first digits of its digest."""
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSupport:
    """What one of the reader's organisations gave."""

    shown_id: str
    kind: str
    quantity: str
    told: str
    donor: str
    is_named: bool


async def record(desk: Desk, zone: Zone, data: Mapping[str, str], file: bytes) -> None:
    """Propose what was typed; of the file only the digest is taken.

    Raises:
        Whatever `donations.propose_support` raises.
    """
    await donations.propose_support(zone, await _asked(data, file), by=desk.person_id, today=beijing_day(desk.now))


async def waiting(desk: Desk, zone: Zone) -> tuple[WaitingSupport, ...]:
    """What waits for one of the zone owner's people, the oldest first."""
    found = await donations.waiting_support(zone)
    cards = await identity.introduce({UUID(one.said()["donor"]) for one in found}) if found else {}
    lines = []
    for one in found:
        said = one.said()
        kind, quantity, told = donations.supported(said)
        name = cards[UUID(said["donor"])].name
        lines.append(
            WaitingSupport(
                shown_id=ids.public("apr", one.id),
                digest=one.sha256,
                kind=kind.text.in_(desk.language),
                quantity=quantity.text.in_(desk.language),
                told=told.in_(desk.language),
                donor=name.in_(desk.language) if name else "",
                document=said["document_sha256"][:16],
                is_mine=one.maker_id == desk.person_id,
            )
        )
    return tuple(lines)


async def own(donor_ids: list[UUID], zone: Zone, language: Language) -> tuple[OwnSupport, ...]:
    """What these organisations gave to the zone."""
    found = [one for one in await donations.list_support(donor_ids=donor_ids) if one.zone_id == zone.id]
    cards = await identity.introduce({one.donor_id for one in found}) if found else {}
    return tuple(
        OwnSupport(
            shown_id=ids.public("sup", one.id),
            kind=one.kind.text.in_(language),
            quantity=one.quantity.text.in_(language),
            told=one.told.in_(language),
            donor=name.in_(language) if (name := cards[one.donor_id].name) else "",
            is_named=one.shown_as is Shown.NAME,
        )
        for one in found
    )


async def registered_donor(typed: str) -> UUID:
    """The organisation of a register number, `CN 91510100MA0000002X`.

    Raises:
        DonationUnknown: nobody is registered so.
    """
    country, _, number = typed.strip().upper().partition(" ")
    if not number:
        country, number = "CN", country
    card = await identity.find_registered(identity.Register(country, number.replace(" ", "")))
    if card is None:
        raise donations.DonationUnknown(field="/support_donor")
    return card.id


async def _asked(data: Mapping[str, str], file: bytes) -> NewSupport:
    unit = _unit(data)
    number = amount_fen(data, "quantity") if unit is SupportUnit.FEN else _whole(data, "quantity")
    return NewSupport(
        donor_id=await registered_donor(data.get("support_donor", "")),
        kind=_kind(data),
        quantity=Quantity(number=number, unit=unit),
        told=Text(zh=data.get("told_zh", "").strip(), en=data.get("told_en", "").strip()),
        received_on=day(data, "received_on"),
        document_sha256=sha256(file).digest() if file else b"",
    )


def _unit(data: Mapping[str, str]) -> SupportUnit:
    try:
        return SupportUnit(data.get("unit", ""))
    except ValueError:
        raise _unfit("unit", "请选择单位", "choose a unit") from None


def _kind(data: Mapping[str, str]) -> SupportKind:
    try:
        return SupportKind(data.get("kind", ""))
    except ValueError:
        raise _unfit("kind", "请选择种类", "choose a kind") from None


def _whole(data: Mapping[str, str], name: str) -> int:
    typed = typed_number(data.get(name, ""))
    if not typed or not typed.isdecimal() or len(typed) > _DIGITS:
        raise _unfit(name, "请填写整数", "give a whole number")
    return int(typed)


def _unfit(name: str, zh: str, en: str) -> donations.DonationUnfit:
    return donations.DonationUnfit(field=f"/{name}", problem_zh=zh, problem_en=en)
