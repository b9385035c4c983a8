"""From what the room knows to what the operators' pages show about upstream cancellation."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from app.foundation.identity import Role
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.registry import cancellations, credits
from app.registry.cancellations import CancellationFacts, LotCoverage, Mode, State, Step
from app.views import estimates, listing
from app.views.console import Tone, age
from app.views.services import Services
from app.web.kit.desk import Desk
from app.web.kit.security.signing_in import shown_name, shown_roles
from app.web.operator.views import (
    CancellationPage,
    CancellationsPage,
    EvidenceView,
    Item,
    LotRow,
    QuestionPage,
    StepLine,
)

_TONES: Final[dict[State, Tone]] = {
    State.PROPOSED: "todo", State.REPORTED: "todo", State.APPROVED: "wait", State.SENDING: "wait",
    State.UNKNOWN: "wait", State.CANCELLED: "done", State.RETURNED: "void", State.REFUSED: "void",
}  # fmt: skip
_NO_PROOF_YET: Final = Text(zh="待填报回执", en="waiting for the proof")
_NOBODY: Final = Text(zh="登记机构接口", en="the registry’s connection")
_WITHDRAWN: Final = Text(zh="已撤回", en="withdrawn")
_MOST: Final = 1000
_LIST: Final = "/operator/cancellations"
_SHOW: Final = {"waiting": Text(zh="待办", en="Waiting"), "over": Text(zh="已结束", en="Ended")}


async def every_lot(desk: Desk, fact: DomainError | None = None) -> CancellationsPage:
    """The page of all lots, for this reader."""
    asked = listing.read(_LIST, desk.request.query_params, {"show": tuple(_SHOW)})
    roles = await desk.roles()
    lots = await cancellations.lot_coverages()
    latest = await cancellations.list_latest(limit=_MOST)
    by_show = {
        "waiting": [one for one in latest if one.finished_at is None],
        "over": [one for one in latest if one.finished_at is not None],
    }
    shown = by_show[asked.chosen["show"]]
    retired_g, uncovered_g = sum(one.retired_g for one in lots), sum(one.uncovered_g for one in lots)
    oldest = min((one.uncovered_since for one in lots if one.uncovered_since is not None), default=None)
    return CancellationsPage(
        **desk.frame(asked.here, fact),
        roles=shown_roles(roles),
        retired_g=retired_g,
        cancelled_t=sum(one.cancelled_t for one in lots),
        uncovered_g=uncovered_g,
        oldest=age(oldest, desk.now) if oldest else None,
        show=asked.chosen["show"],
        filters=tuple(
            asked.filter("show", one, label.in_(desk.language), len(by_show[one])) for one, label in _SHOW.items()
        ),
        items=tuple(
            _item(one, desk.person_id, roles, desk.language, desk.now)
            for one in shown[asked.offset : asked.offset + listing.PIECE]
        ),
        paging=asked.paging(len(shown)),
        lots=tuple(_lot(one, desk.language, desk.services, desk.now) for one in lots),
        ring=estimates.ring("upstream", 100 * (retired_g - uncovered_g) // retired_g if retired_g else 0),
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


def _lot(one: LotCoverage, language: Language, services: Services, now: datetime) -> LotRow:
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
        is_wired=one.lot.programme.value in services.gateways.registries,
    )


async def one(
    found: CancellationFacts,
    desk: Desk,
    fact: DomainError | None = None,
    **typed: Any,  # noqa: ANN401 - fields of the page
) -> CancellationPage:
    """The page of one cancellation, for this reader; `typed` is what to show again after a refusal."""
    roles, language = await desk.roles(), desk.language
    said = cancellations.told(found.payload)
    names = {
        person: await _name(person, desk)
        for person in {found.maker_id, found.checker_id, *(step.actor_id for step in found.steps)}
    }
    here, is_own = url(found.reference), found.maker_id == desk.person_id
    may_check = Role.REVIEWER in roles and not is_own
    is_withdrawn = _is_withdrawn(found)
    return CancellationPage(
        **desk.frame(here, fact),
        roles=shown_roles(roles),
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
        can_report=_can_report(found, desk.person_id) and Role.OPERATOR in roles,
        can_check=_waits_for_yes(found) and may_check,
        can_return=found.state in {State.PROPOSED, State.REPORTED} and may_check,
        is_own=is_own,
        report_action=f"{here}/report",
        approve_action=f"{here}/approve",
        return_action=f"{here}/return",
        can_withdraw=can_withdraw(found, desk.person_id) and Role.OPERATOR in roles,
        withdraw_url=f"{here}/withdraw",
        first_day=found.issued_on,
        last_day=beijing_day(desk.now),
        **typed,
    )


async def proposal(lot: str, mode: Mode, desk: Desk) -> QuestionPage:
    """Which tonnes of the lot would be proposed now.

    Raises:
        LotUnknown, NothingToCancel: there is no such lot, or nothing of it to propose.
        ModeUnavailable: by wire, and there is none.
    """
    found = next((one for one in await cancellations.lot_coverages() if one.lot.code == lot), None)
    if found is None:
        raise cancellations.LotUnknown(lot=lot)
    if found.next is None:
        raise cancellations.NothingToCancel(lot=lot)
    if mode is Mode.REGISTRY and found.lot.programme.value not in desk.services.gateways.registries:
        raise cancellations.ModeUnavailable(programme=found.lot.programme.value)
    return QuestionPage(
        **desk.frame(f"{_LIST}/propose?{urlencode({'lot': lot, 'mode': mode.value})}"),
        roles=shown_roles(await desk.roles()),
        question="propose",
        mode=mode.value,
        lot=lot,
        project=found.lot.project_number,
        programme=found.lot.programme.short.in_(desk.language),
        serial=found.lot.serial_raw,
        first=found.lot.block_start + found.next.start_t,
        last=found.lot.block_start + found.next.stop_t - 1,
        tonnes=found.next.count,
        back_url=_LIST,
        action=_LIST,
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
        fault_field=page.fault_field,
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


async def _name(person_id: UUID | None, desk: Desk) -> str:
    """Who did it; the registry's connection where nobody did."""
    return _NOBODY.in_(desk.language) if person_id is None else await shown_name(person_id, desk.services)


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


def url(reference: str) -> str:
    """Where a cancellation is shown."""
    return f"{_LIST}/{reference}"
