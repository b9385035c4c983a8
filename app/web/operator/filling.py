"""From what the room knows to what the operators' pages show about upstream cancellation."""

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request

from app import cancellations, credits, identity
from app.cancellations import CancellationFacts, LotStanding, Mode, State, Step
from app.identity import Role
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.text import Language, Text
from app.web.citizen import figuring
from app.web.guards import Session
from app.web.house import House
from app.web.operator.admission import form_token
from app.web.operator.views import (
    Age,
    CancellationPage,
    CancellationsPage,
    EvidenceView,
    Item,
    LotRow,
    QuestionPage,
    StepLine,
    Tone,
)

_TONES: Final[dict[State, Tone]] = {
    State.PROPOSED: "todo", State.REPORTED: "todo", State.APPROVED: "wait", State.SENDING: "wait",
    State.UNKNOWN: "wait", State.CANCELLED: "done", State.RETURNED: "void", State.REFUSED: "void",
}  # fmt: skip
_NO_PROOF_YET: Final = Text(zh="待填报回执", en="waiting for the proof")
_NOBODY: Final = Text(zh="登记机构接口", en="the registry’s connection")
_WITHDRAWN: Final = Text(zh="已撤回", en="withdrawn")
_SHOWN: Final = 60


async def every_lot(
    request: Request[Any, Any, Any], session: Session, language: Language, house: House, *, notice: str | None = None
) -> CancellationsPage:
    """The page of all lots, for this reader."""
    now = house.gateways.clock()
    roles = await identity.house_roles(session.person_id)
    lots = await cancellations.standings()
    latest = await cancellations.list_latest(limit=_SHOWN)
    items = [_item(one, session.person_id, roles, language, now) for one in latest]
    is_over = [one.finished_at is not None for one in latest]
    retired_g, uncovered_g = sum(one.retired_g for one in lots), sum(one.uncovered_g for one in lots)
    oldest = min((one.uncovered_since for one in lots if one.uncovered_since is not None), default=None)
    return CancellationsPage(
        here="/operator/cancellations",
        sandbox=house.issuer.is_sandbox,
        roles=shown_roles(roles),
        csrf_token=form_token(request, house),
        notice=notice,
        retired_g=retired_g,
        cancelled_t=sum(one.cancelled_t for one in lots),
        uncovered_g=uncovered_g,
        oldest=age(oldest, now) if oldest else None,
        waiting=tuple(item for item, over in zip(items, is_over, strict=True) if not over),
        over=tuple(item for item, over in zip(items, is_over, strict=True) if over),
        lots=tuple(_lot(one, language, house, now) for one in lots),
        ring=figuring.ring("upstream", 100 * (retired_g - uncovered_g) // retired_g if retired_g else 0),
    )


def _item(one: CancellationFacts, reader: UUID, roles: frozenset[Role], language: Language, now: datetime) -> Item:
    return Item(
        url=url(one.reference),
        reference=one.reference,
        lot=one.lot,
        first=one.first,
        last=one.last,
        tonnes=one.tonnes.count,
        state=_stands(one).in_(language),
        tone=_TONES[one.state],
        age=age(one.finished_at or one.proposed_at, now),
        is_mine=(_can_report(one, reader) and Role.OPERATOR in roles)
        or (_waits_for_yes(one) and one.maker_id != reader and Role.REVIEWER in roles),
    )


def _lot(one: LotStanding, language: Language, house: House, now: datetime) -> LotRow:
    years = sorted({one.lot.vintage_start.year, one.lot.vintage_end.year})
    return LotRow(
        code=one.lot.code,
        project=one.lot.project.in_(language),
        programme=one.lot.programme.short.in_(language),
        vintage="–".join(str(year) for year in years),
        retired_g=one.retired_g,
        cancelled_t=one.cancelled_t,
        under_way_t=one.under_way_t,
        uncovered_g=one.uncovered_g,
        covered_pm=1000 * (one.retired_g - one.uncovered_g) // one.retired_g if one.retired_g else 0,
        age=age(one.uncovered_since, now) if one.uncovered_since else None,
        next_t=one.next.count if one.next else 0,
        is_wired=one.lot.programme.value in house.gateways.registries,
    )


async def one(
    found: CancellationFacts,
    request: Request[Any, Any, Any],
    session: Session,
    language: Language,
    house: House,
    *,
    notice: str | None = None,
    **typed: str,
) -> CancellationPage:
    """The page of one cancellation, for this reader; `typed` is what to show again after a refusal."""
    roles = await identity.house_roles(session.person_id)
    said = cancellations.told(found.payload)
    names = {
        person: await _name(person, language, house)
        for person in {found.maker_id, found.checker_id, *(step.actor_id for step in found.steps)}
    }
    here, is_own = url(found.reference), found.maker_id == session.person_id
    may_check = Role.REVIEWER in roles and not is_own
    is_withdrawn = _is_withdrawn(found)
    return CancellationPage(
        here=here,
        sandbox=house.issuer.is_sandbox,
        roles=shown_roles(roles),
        csrf_token=form_token(request, house),
        notice=notice,
        reference=found.reference,
        state=_stands(found).in_(language),
        tone=_TONES[found.state],
        mode=found.mode.value,
        lot=found.lot,
        project=said.project,
        programme=credits.Programme(found.programme).short.in_(language),
        serial=said.serial,
        first=found.first,
        last=found.last,
        tonnes=found.tonnes.count,
        beneficiary=said.beneficiary.in_(language),
        maker=names[found.maker_id],
        checker=names[found.checker_id] if found.checker_id else None,
        registry_reference=found.registry_reference,
        cancelled_on=found.cancelled_on,
        evidence=_evidence(found, here),
        reason=found.reason,
        last_word=found.last_word,
        payload=found.payload,
        payload_sha256=found.payload_sha256.hex(),
        steps=tuple(
            _step(step, found.mode, names[step.actor_id], language, is_withdrawn=is_withdrawn) for step in found.steps
        ),
        can_report=_can_report(found, session.person_id) and Role.OPERATOR in roles,
        can_check=_waits_for_yes(found) and may_check,
        can_return=found.state in {State.PROPOSED, State.REPORTED} and may_check,
        is_own=is_own,
        report_action=f"{here}/report",
        approve_action=f"{here}/approve",
        return_action=f"{here}/return",
        can_withdraw=can_withdraw(found, session.person_id) and Role.OPERATOR in roles,
        withdraw_url=f"{here}/withdraw",
        first_day=found.issued_on,
        last_day=beijing_day(house.gateways.clock()),
        **typed,
    )


async def proposal(
    lot: str, mode: Mode, request: Request[Any, Any, Any], session: Session, language: Language, house: House
) -> QuestionPage:
    """Which tonnes of the lot would be proposed now.

    Raises:
        LotUnknown, NothingToCancel: there is no such lot, or nothing of it to propose.
        ModeUnavailable: by wire, and there is none.
    """
    found = next((one for one in await cancellations.standings() if one.lot.code == lot), None)
    if found is None:
        raise cancellations.LotUnknown(lot=lot)
    if found.next is None:
        raise cancellations.NothingToCancel(lot=lot)
    if mode is Mode.REGISTRY and found.lot.programme.value not in house.gateways.registries:
        raise cancellations.ModeUnavailable(programme=found.lot.programme.value)
    list_url = "/operator/cancellations"
    return QuestionPage(
        here=f"{list_url}/propose?{urlencode({'lot': lot, 'mode': mode.value})}",
        sandbox=house.issuer.is_sandbox,
        roles=shown_roles(await identity.house_roles(session.person_id)),
        csrf_token=form_token(request, house),
        question="propose",
        mode=mode.value,
        lot=lot,
        project=found.lot.project_number,
        programme=found.lot.programme.short.in_(language),
        serial=found.lot.serial_raw,
        first=found.lot.block_start + found.next.start_t,
        last=found.lot.block_start + found.next.stop_t - 1,
        tonnes=found.next.count,
        back_url=list_url,
        action=list_url,
        seen=found.next.said,
    )


def as_question(page: CancellationPage) -> QuestionPage:
    """The same cancellation for who proposed it, asked whether it is to be taken back."""
    return QuestionPage(
        here=page.withdraw_url,
        sandbox=page.sandbox,
        roles=page.roles,
        csrf_token=page.csrf_token,
        notice=page.notice,
        question="withdraw",
        mode=page.mode,
        lot=page.lot,
        project=page.project,
        programme=page.programme,
        serial=page.serial,
        first=page.first,
        last=page.last,
        tonnes=page.tonnes,
        reference=page.reference,
        back_url=page.here,
        action=page.withdraw_url,
        typed_reason=page.typed_reason,
    )


def can_withdraw(one: CancellationFacts, reader: UUID) -> bool:
    """Whether nobody has said anything yet, and the reader proposed it."""
    return one.state in {State.PROPOSED, State.REPORTED} and one.maker_id == reader


def _step(step: Step, mode: Mode, who: str, language: Language, *, is_withdrawn: bool) -> StepLine:
    state = step.state.text if step.state is State.PROPOSED else _state(step.state, mode)
    if step.state is State.RETURNED and is_withdrawn:
        state = _WITHDRAWN
    return StepLine(state=state.in_(language), tone=_TONES[step.state], who=who, note=step.note, at=step.at)


def _evidence(found: CancellationFacts, here: str) -> EvidenceView | None:
    if found.evidence_sha256 is None or found.evidence_kind is None:
        return None
    return EvidenceView(
        url=f"{here}/evidence",
        name=found.evidence_name or "",
        kind=found.evidence_kind.value,
        size=found.evidence_size or 0,
        sha256=found.evidence_sha256.hex(),
        is_picture=found.evidence_kind.value in {"png", "jpg"},
        signed_by=found.receipt_key,
        signature=found.receipt_signature,
        same=found.same_evidence,
    )


async def _name(person_id: UUID | None, language: Language, house: House) -> str:
    """What the house calls them; without a name, the end of their id."""
    if person_id is None:
        return _NOBODY.in_(language)
    return await identity.name_of(person_id, keyring=house.keyring) or f"#{ids.public('per', person_id)[-5:]}"


def _can_report(one: CancellationFacts, reader: UUID) -> bool:
    return one.mode is Mode.HAND and one.state is State.PROPOSED and one.maker_id == reader


def _waits_for_yes(one: CancellationFacts) -> bool:
    return one.state is (State.REPORTED if one.mode is Mode.HAND else State.PROPOSED)


def _state(state: State, mode: Mode) -> Text:
    """A state as the next person sees it: a proposal waits for its proof, or for a second person."""
    if state is not State.PROPOSED:
        return state.text
    return _NO_PROOF_YET if mode is Mode.HAND else State.REPORTED.text


def _stands(one: CancellationFacts) -> Text:
    return _WITHDRAWN if _is_withdrawn(one) else _state(one.state, one.mode)


def _is_withdrawn(one: CancellationFacts) -> bool:
    """Returned by who proposed it: nobody else has looked at it."""
    return one.state is State.RETURNED and one.checker_id is None


def shown_roles(roles: frozenset[Role]) -> tuple[str, ...]:
    """The roles that a page names, in its order."""
    return tuple(role.value for role in (Role.OPERATOR, Role.REVIEWER, Role.AUDITOR) if role in roles)


def age(since: datetime, now: datetime) -> Age:
    """How long ago, as the pages say it."""
    passed = max(timedelta(), now - since)
    if passed < timedelta(hours=1):
        return Age(number=max(1, passed // timedelta(minutes=1)), unit="minutes")
    if passed < timedelta(days=2):
        return Age(number=passed // timedelta(hours=1), unit="hours")
    return Age(number=passed.days, unit="days")


def url(reference: str) -> str:
    """Where a cancellation is shown."""
    return f"/operator/cancellations/{reference}"
