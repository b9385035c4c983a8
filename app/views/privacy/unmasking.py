"""Staff see what a person gave: whose it is, by a number that they were told, and what is shown once it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app import certificates
from app.commerce import orders, payments
from app.foundation import identity, privacy
from app.foundation.identity import Keyring, Role
from app.foundation.privacy import Ground, LookedAt, LookReason
from app.kernel import ids
from app.kernel.errors import NotFound
from app.kernel.text import Text

_ORDER: Final = "order"
"""The kind of payment that a person is behind."""
REASONS: Final[Mapping[LookReason, Text]] = {
    LookReason.ASKED: Text(zh="本人请求协助", en="They asked for help"),
    LookReason.COMPLAINT: Text(zh="处理投诉", en="A complaint"),
    LookReason.AUTHORITY: Text(zh="有权机关依法要求", en="An authority asked"),
    LookReason.FAULT: Text(zh="排查故障", en="A fault is mended"),
}
"""As whoever looks chooses them."""


class PersonUnfound(NotFound):
    """A number that leads to no person."""

    code = "privacy.person_unfound"
    text = Text(zh="没有这个订单号或核验码，或它属于机构。", en="No such order or code, or it is an organisation's.")

    def __init__(self) -> None:
        super().__init__(field="/number")


@dataclass(frozen=True, slots=True)
class SeenName:
    """What somebody gave as their name."""

    own: str | None
    """What they want to be called; None: nothing, or they are erased."""
    on_paper: str | None
    """What stands on the certificate that was asked about; None of an order."""


async def see_name(number: str, ground: Ground, *, by: UUID, keyring: Keyring) -> SeenName:
    """The names behind an order's number (`ord_…`) or a certificate's code; written down first.

    Raises:
        PersonUnfound: it is neither, or an organisation's.
        RoleMissing: `by` is no operator and no reviewer of the platform, now.
    """
    await identity.demand_platform_role(by, Role.OPERATOR, Role.REVIEWER)  # before a number is answered in any way
    person_id, sealed = await _find(number.strip())
    own = await privacy.unmask(person_id, ground, by=by, keyring=keyring)
    if sealed is None:
        return SeenName(own, None)
    return SeenName(own, await identity.unseal(person_id, sealed, purpose=certificates.NAME_PURPOSE, keyring=keyring))


async def write_notice_look(notice_id: int, ground: Ground, *, by: UUID, keyring: Keyring) -> None:
    """Write down that somebody of finance reads a channel's message word for word: about whoever paid, where that is known.

    Raises:
        NoticeUnknown: there is no such message.
        RoleMissing: they are nobody of finance, now.
    """
    found = await payments.find_notice(notice_id, keyring=keyring)
    if found is None:
        raise payments.NoticeUnknown
    await privacy.write_look(
        await _payers(found[0].reference), LookedAt.MESSAGE, ground, by=by, roles={Role.FINANCE}, keyring=keyring,
        about=f"payment_notice:{notice_id}",
    )  # fmt: skip


async def _find(number: str) -> tuple[UUID, bytes | None]:
    order_id = ids.parse("ord", number)
    try:
        if order_id is not None:
            return (await orders.recall(order_id)).person_id, None
        found = await certificates.verify(number)
    except NotFound:
        raise PersonUnfound from None
    if found.name_sealed is None and found.key_wrapped is None:
        raise PersonUnfound  # an organisation's, or of somebody who is erased: nothing is there to be seen
    return found.holder_id, found.name_sealed


async def _payers(reference: str) -> list[UUID]:
    payment = await payments.find_payment(reference) if reference else None
    if payment is None:
        return []
    kind, subject_id = payments.read_subject(payment.subject)
    return [(await orders.recall(subject_id)).person_id] if kind == _ORDER else []
