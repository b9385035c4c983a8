"""The lines of a joint order as its pages and the terminal show them, told from orders, retirements and certificates."""

from typing import Final
from uuid import UUID

from app import certificates, scenarios
from app.certificates import CertificateFacts
from app.commerce.orders import OrderFacts, OrderState, PartFacts
from app.foundation import identity
from app.kernel import ids
from app.kernel.text import Language
from app.registry.claims import Reach
from app.registry.holdings import Recognition
from app.registry.retirements import RetirementState
from app.views import estimates
from app.views.certificates.slices import slice_lines
from app.views.orders.holds import holds_of, prices_of, scheme_name
from app.views.orders.order_page import OrderPhase
from app.views.orders.order_parts import Fulfils, OrderPart, OrderParts, PartState
from app.views.orders.ordering import Progress, Step
from app.views.page import Amount

_PIECE: Final = 8
"""So that a page of parts with their ranges stays light."""
_STATES: Final = {
    RetirementState.REQUESTED: PartState.RETIRING,
    RetirementState.SETTLED: PartState.RETIRED,
    RetirementState.WITHDRAWN: PartState.RETURNED,
}
_UNPAID: Final = frozenset({OrderPhase.UNPAID, OrderPhase.CONFIRMING, OrderPhase.CLOSED})
_OVER: Final = frozenset({OrderState.EXPIRED, OrderState.CANCELLED, OrderState.REFUNDING, OrderState.REFUNDED})


def is_joint(order: OrderFacts) -> bool:
    """Whether the order has lines to show: several, or one that is not simply a visitor's own."""
    return len(order.lines) > 1 or bool(order.holds) or order.payer_id != order.person_id


def fulfils(order: OrderFacts) -> Fulfils:
    """What the order does with its grams."""
    if not order.holds:
        return Fulfils.RETIRE
    return Fulfils.BOTH if order.parts else Fulfils.HOLD


async def parts_of(
    at: Progress, language: Language, recognition: Recognition, *, first: int = 1, most: int | None = _PIECE
) -> OrderParts:
    """The lines from number `first` on, at most `most` of them (None: all), with the ways to the others."""
    order = at.order
    count = len(order.lines)
    first = min(max(1, first), count)
    last = count if most is None else min(count, first + most - 1)
    shown = [(part, step) for part, step in zip(order.parts, at.parts, strict=True) if first <= part.no <= last]
    holds = [hold for hold in order.holds if first <= hold.no <= last]
    papers = await certificates.recall([part.cause for part, _ in shown])
    scenes = await scenarios.find_many([part.claim.scenario_id for part, _ in shown], today=estimates.today())
    cards = await identity.introduce([order.payer_id, *(part.claim.beneficiary_id for part, _ in shown)])

    def name(party_id: UUID) -> str | None:
        called = cards[party_id].name
        return called.in_(language) if called else None

    address = f"/o/{ids.public('ord', order.id)}"
    return OrderParts(
        items=tuple(
            _part(
                at, part, step, papers.get(part.cause), language, recognition,
                beneficiary=name(part.claim.beneficiary_id), title=scenes[part.claim.scenario_id].title.in_(language),
            )
            for part, step in shown
        ),
        holds=await holds_of(at, holds, language, recognition) if holds else (),
        fulfils=fulfils(order),
        count=count,
        payer=name(order.payer_id),
        earlier_url=f"{address}?from={max(1, first - (most or 0))}" if first > 1 else None,
        later_url=f"{address}?from={last + 1}" if last < count else None,
    )  # fmt: skip


def _part(
    at: Progress,
    part: PartFacts,
    step: Step,
    paper: CertificateFacts | None,
    language: Language,
    recognition: Recognition,
    *,
    beneficiary: str | None,
    title: str,
) -> OrderPart:
    order, claim = at.order, part.claim
    return OrderPart(
        no=part.no,
        beneficiary=beneficiary,
        claim=claim,
        subject=f"{title} · {claim.subject}" if claim.subject else title,
        mass_g=part.mass_g,
        reach=Reach(claim.emission_g, part.mass_g).text.in_(language),
        amount=Amount(minor=part.amount_minor, currency=order.currency),
        prices=prices_of(part, order.currency, language),
        scheme=scheme_name(part.scheme, language, recognition),
        state=_state(at, step, paper),
        retirement_number=step.retirement.number if step.retirement else None,
        slices=slice_lines(paper.record, language) if paper else (),
        certificate_number=paper.number if paper else None,
        certificate_url=f"/c/{ids.public('crt', paper.id)}" if paper else None,
        verify_code=paper.verify_code if paper else None,
        verify_url=f"/v/{paper.verify_code}" if paper else None,
    )


def _state(at: Progress, step: Step, paper: CertificateFacts | None) -> PartState:
    if paper is not None:
        return PartState.DONE
    if step.retirement is not None:
        return _STATES[step.retirement.state]
    if at.order.state in _OVER:
        return PartState.RETURNED
    # Money that has come is told by the payment first; the order follows with its retirements.
    return PartState.WAITING if at.phase in _UNPAID else PartState.RETIRING
