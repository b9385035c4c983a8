"""The lines of a joint order as its pages and the terminal show them, told from orders, retirements and certificates."""

from typing import Final
from uuid import UUID

from app import certificates, scenarios
from app.certificates import CertificateFacts
from app.commerce.orders import OrderFacts, OrderState, RetireLine
from app.foundation import identity
from app.kernel import ids
from app.kernel.text import Language
from app.registry.claims import Reach
from app.registry.holdings import Recognition
from app.registry.retirements import RetirementState
from app.views import estimates
from app.views.certificates.figures import figure_line
from app.views.certificates.slices import slice_lines
from app.views.orders.hold_lines import holds_of, prices_of, scheme_name
from app.views.orders.order_lines import Fulfils, LinesShown, RetireLineShown, RetireLineState
from app.views.orders.order_page import OrderPhase
from app.views.orders.ordering import Progress, Step
from app.views.page import Amount

_PIECE: Final = 8
"""So that a page of lines with their ranges stays light."""
_STATES: Final = {
    RetirementState.REQUESTED: RetireLineState.RETIRING,
    RetirementState.SETTLED: RetireLineState.RETIRED,
    RetirementState.WITHDRAWN: RetireLineState.RETURNED,
}
_UNPAID: Final = frozenset({OrderPhase.UNPAID, OrderPhase.CONFIRMING, OrderPhase.CLOSED})
_OVER: Final = frozenset({OrderState.EXPIRED, OrderState.CANCELLED, OrderState.REFUNDING, OrderState.REFUNDED})


def is_joint(order: OrderFacts) -> bool:
    """Whether the order has lines to show: several, or one that is not simply a visitor's own."""
    return len(order.lines) > 1 or bool(order.hold_lines) or order.payer_id != order.person_id


def fulfils(order: OrderFacts) -> Fulfils:
    """What the order does with its grams."""
    if not order.hold_lines:
        return Fulfils.RETIRE
    return Fulfils.BOTH if order.retire_lines else Fulfils.HOLD


async def lines_of(
    at: Progress, language: Language, recognition: Recognition, *, first: int = 1, most: int | None = _PIECE
) -> LinesShown:
    """The lines from number `first` on, at most `most` of them (None: all), with the ways to the others."""
    order = at.order
    count = len(order.lines)
    first = min(max(1, first), count)
    last = count if most is None else min(count, first + most - 1)
    shown = [line for line in order.retire_lines if first <= line.no <= last]
    held = [line for line in order.hold_lines if first <= line.no <= last]
    papers = await certificates.recall([line.cause for line in shown])
    scenes = await scenarios.find_many([line.claim.scenario_id for line in shown], today=estimates.today())
    cards = await identity.introduce([order.payer_id, *(line.claim.beneficiary_id for line in shown)])

    def name(party_id: UUID) -> str | None:
        called = cards[party_id].name
        return called.in_(language) if called else None

    address = f"/o/{ids.public('ord', order.id)}"
    told = [
        _retire(
            at, line, papers.get(line.cause), language, recognition,
            beneficiary=name(line.claim.beneficiary_id), title=scenes[line.claim.scenario_id].title.in_(language),
        )
        for line in shown
    ]  # fmt: skip
    holds = await holds_of(at, held, language, recognition) if held else ()
    return LinesShown(
        items=tuple(sorted((*told, *holds), key=lambda line: line.no)),
        fulfils=fulfils(order),
        count=count,
        payer=name(order.payer_id),
        earlier_url=f"{address}?from={max(1, first - (most or 0))}" if first > 1 else None,
        later_url=f"{address}?from={last + 1}" if last < count else None,
    )


def _retire(
    at: Progress,
    line: RetireLine,
    paper: CertificateFacts | None,
    language: Language,
    recognition: Recognition,
    *,
    beneficiary: str | None,
    title: str,
) -> RetireLineShown:
    order, claim, step = at.order, line.claim, at.steps[line.cause]
    return RetireLineShown(
        no=line.no,
        beneficiary=beneficiary,
        claim=claim,
        subject=f"{title} · {claim.subject}" if claim.subject else title,
        mass_g=line.mass_g,
        reach=(step.figure.coverage if step.figure else Reach(claim.emission_g, line.mass_g).text).in_(language),
        figure=figure_line(step.figure, language),
        amount=Amount(minor=line.amount_minor, currency=order.currency),
        prices=prices_of(order, line, language),
        scheme=scheme_name(line.scheme, language, recognition),
        state=_state(at, step, paper),
        retirement_number=step.retirement.number if step.retirement else None,
        slices=slice_lines(paper.record, language) if paper else (),
        certificate_number=paper.number if paper else None,
        certificate_url=f"/c/{ids.public('crt', paper.id)}" if paper else None,
        verify_code=paper.verify_code if paper else None,
        verify_url=f"/v/{paper.verify_code}" if paper else None,
    )


def _state(at: Progress, step: Step, paper: CertificateFacts | None) -> RetireLineState:
    if paper is not None:
        return RetireLineState.DONE
    if step.retirement is not None:
        return _STATES[step.retirement.state]
    if at.order.state in _OVER:
        return RetireLineState.RETURNED
    # Money that has come is told by the payment first; the order follows with its retirements.
    return RetireLineState.WAITING if at.phase in _UNPAID else RetireLineState.RETIRING
