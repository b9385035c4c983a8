"""Joint orders as the pages show them: to be paid, on their way in parts, arrived, given back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from app.foundation.identity import PartyKind
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry.claims import ClaimFacts, Purpose
from app.views.certificates.record import SliceLine
from app.views.orders.order_page import CashierPage, OrderPage, OrderPhase
from app.views.orders.order_parts import Fulfils, HoldState, OrderHold, OrderPart, OrderParts, PartPrice, PartState
from app.views.page import Amount, Page

MOST = 8
"""Parts of one page."""


CLAIM = ClaimFacts(
    id=UUID(int=1), cause="order:1/1", purpose=Purpose.SITE, scenario_id=UUID(int=2), beneficiary_id=UUID(int=3),
    beneficiary_kind=PartyKind.ORGANISATION, period_from=date(2022, 1, 1), period_to=date(2022, 12, 31),
    emission_g=944_790_000, language="zh", made_at=datetime(2026, 11, 22, tzinfo=UTC),
)  # fmt: skip


def yuan(minor: int) -> Amount:
    return Amount(minor=minor, currency=Currency.CNY)


def part(no: int, language: Language, state: PartState) -> OrderPart:
    """What one bank emitted in 2022, from two programmes."""
    zh = language is Language.ZH
    one = OrderPart(
        no=no,
        beneficiary=f"示例江城银行第{no}分行" if zh else f"Sample River City Bank, branch {no}",
        subject="示例江城银行年度碳中和 · 2022 年度生产经营活动" if zh else "Sample Bank · operations of 2022",
        claim=CLAIM,
        mass_g=944_790_000,
        reach="覆盖 100.00%" if zh else "100.00 % covered",
        amount=yuan(4_987_320),
        prices=(
            PartPrice(programme="CCER", mass_g=87_790_000, per_tonne=yuan(8_000), amount=yuan(702_320)),
            PartPrice(programme="CDCER", mass_g=857_000_000, per_tonne=yuan(5_000), amount=yuan(4_285_000)),
        ),
        scheme="川渝碳中和联合服务" if zh else "Sichuan–Chongqing joint service",
        state=state,
    )
    if state in {PartState.WAITING, PartState.RETURNED}:
        return one
    one = replace(one, retirement_number=f"R-20261122-7K3M9QF{no}")
    if state is not PartState.DONE:
        return one
    line = SliceLine(
        programme="CCER", project="示例", lot="CCER-2021-01", serial=f"CCER-5101-2021-0000{no}123 #501 – #588",
        start_g=0, stop_g=87_790_000,
    )  # fmt: skip
    return replace(
        one,
        slices=(
            line,
            replace(line, serial=f"CDCER-5101-2022-0000{no}7 #1 – #857", start_g=417_000, stop_g=857_417_000),
        ),
        certificate_number=f"DD-20261122-SC-7K3M9QFX{no}",
        certificate_url=f"/c/crt_{no}",
        verify_code="7K3M9QFX2R",
        verify_url="/v/7K3M9QFX2R",
    )


def hold(no: int, language: Language, state: HoldState, *, back_g: int = 0, free_g: int = 0) -> OrderHold:
    """A hundred tonnes in the payer's own holding, or in a named pool."""
    pool = "示例江城银行员工碳普惠资金池" if language is Language.ZH else "Sample River City Bank staff mobility pool"
    return OrderHold(
        no=no,
        account=pool if no > 1 else None,
        mass_g=100_000_000,
        amount=yuan(500_000),
        prices=(PartPrice(programme="CDCER", mass_g=100_000_000, per_tonne=yuan(5_000), amount=yuan(500_000)),),
        state=state,
        back_g=back_g,
        back=yuan(back_g // 200) if back_g else None,
        free_g=free_g,
        free=yuan(free_g // 200) if free_g else None,
    )


def joint_pages(cashier: CashierPage, order: OrderPage, language: Language) -> Mapping[str, Page]:
    """The cashier and the order's page in each state, from those of a visitor."""

    def parts(*states: PartState) -> OrderParts:
        items = tuple(part(no, language, state) for no, state in enumerate(states, start=1))
        return OrderParts(
            items=items, count=len(items), payer="示例碳汇公司" if language is Language.ZH else "Sample Sinks"
        )

    def held(*holds: OrderHold, items: tuple[OrderPart, ...] = ()) -> OrderParts:
        return replace(
            parts(), items=items, holds=holds, count=len(items) + len(holds),
            fulfils=Fulfils.BOTH if items else Fulfils.HOLD,
        )  # fmt: skip

    def own(no: int, state: HoldState) -> OrderHold:
        return hold(no, language, state)

    used = hold(1, language, HoldState.HELD, back_g=12_345_678, free_g=37_654_322)
    stays = replace(order, scene_title=None, scene_url="/me", amount=yuan(1_000_000), mass_g=200_000_000)
    arrived = replace(stays, phase=OrderPhase.DONE, refresh_s=None)
    amount = yuan(9_974_640)
    waiting, done = PartState.WAITING, PartState.DONE
    order = replace(order, amount=amount, mass_g=1_889_580_000)
    full = replace(parts(*[done] * MOST), count=20, later_url="/o/ord_01?from=9")
    return {
        "joint_cashier": replace(cashier, amount=amount, mass_g=1_889_580_000, parts=parts(waiting, waiting)),
        "joint_retiring": replace(
            order, phase=OrderPhase.RETIRING, parts=parts(PartState.RETIRED, PartState.RETIRING, done)
        ),
        "joint_done": replace(order, phase=OrderPhase.DONE, refresh_s=None, parts=parts(done, done)),
        "hold_cashier": replace(
            cashier,
            amount=yuan(1_000_000),
            mass_g=200_000_000,
            scene_title=None,
            back_url="/me",
            parts=held(own(1, HoldState.WAITING), own(2, HoldState.WAITING)),
        ),
        "hold_arriving": replace(
            stays, phase=OrderPhase.RETIRING, parts=held(own(1, HoldState.ARRIVING), own(2, HoldState.ARRIVING))
        ),
        "hold_done": replace(arrived, parts=held(used, own(2, HoldState.HELD))),
        "hold_closed": replace(arrived, phase=OrderPhase.CLOSED, parts=held(own(1, HoldState.RETURNED))),
        "both_done": replace(
            order,
            phase=OrderPhase.DONE,
            refresh_s=None,
            parts=held(own(2, HoldState.HELD), items=(part(1, language, done),)),
        ),
        "joint_full": replace(order, phase=OrderPhase.DONE, refresh_s=None, parts=full),
        "joint_closed": replace(order, phase=OrderPhase.CLOSED, refresh_s=None, parts=parts(PartState.RETURNED)),
    }
