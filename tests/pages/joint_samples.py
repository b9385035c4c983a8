"""Joint orders as the pages show them: to be paid, on their way, arrived, given back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from app.foundation.identity import PartyKind
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry.claims import ClaimFacts, Layer, Purpose
from app.views.certificates.record import SliceLine
from app.views.orders.order_lines import (
    Fulfils,
    HoldLineShown,
    HoldLineState,
    LinesShown,
    PriceShown,
    RetireLineShown,
    RetireLineState,
)
from app.views.orders.order_page import CashierPage, OrderPage, OrderPhase
from app.views.page import Amount, Page

MOST = 8
"""Parts of one page."""


CLAIM = ClaimFacts(
    layer=Layer.OWN,
    id=UUID(int=1), cause="order:1/1", purpose=Purpose.SITE, scenario_id=UUID(int=2), beneficiary_id=UUID(int=3),
    beneficiary_kind=PartyKind.ORGANISATION, period_from=date(2022, 1, 1), period_to=date(2022, 12, 31),
    emission_g=944_790_000, language="zh", made_at=datetime(2026, 11, 22, tzinfo=UTC),
)  # fmt: skip


def yuan(minor: int) -> Amount:
    return Amount(minor=minor, currency=Currency.CNY)


def line(no: int, language: Language, state: RetireLineState) -> RetireLineShown:
    """What one bank emitted in 2022, from two programmes."""
    zh = language is Language.ZH
    one = RetireLineShown(
        no=no,
        beneficiary=f"示例江城银行第{no}分行" if zh else f"Sample River City Bank, branch {no}",
        subject="示例江城银行年度碳中和 · 2022 年度生产经营活动" if zh else "Sample Bank · operations of 2022",
        claim=CLAIM,
        mass_g=944_790_000,
        reach="覆盖 100.00%" if zh else "100.00 % covered",
        amount=yuan(4_987_320),
        prices=(
            PriceShown(programme="CCER", mass_g=87_790_000, per_tonne=yuan(8_000), amount=yuan(702_320)),
            PriceShown(programme="CDCER", mass_g=857_000_000, per_tonne=yuan(5_000), amount=yuan(4_285_000)),
        ),
        scheme="川渝碳中和联合服务" if zh else "Sichuan–Chongqing joint service",
        state=state,
    )
    if state in {RetireLineState.WAITING, RetireLineState.RETURNED}:
        return one
    one = replace(one, retirement_number=f"R-20261122-7K3M9QF{no}")
    if state is not RetireLineState.DONE:
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


def hold(no: int, language: Language, state: HoldLineState, *, back_g: int = 0, free_g: int = 0) -> HoldLineShown:
    """A hundred tonnes in the payer's own holding, or in a named pool."""
    pool = "示例江城银行员工碳普惠资金池" if language is Language.ZH else "Sample River City Bank staff mobility pool"
    return HoldLineShown(
        no=no,
        account=pool if no > 1 else None,
        mass_g=100_000_000,
        amount=yuan(500_000),
        prices=(PriceShown(programme="CDCER", mass_g=100_000_000, per_tonne=yuan(5_000), amount=yuan(500_000)),),
        state=state,
        back_g=back_g,
        back=yuan(back_g // 200) if back_g else None,
        free_g=free_g,
        free=yuan(free_g // 200) if free_g else None,
    )


def joint_pages(cashier: CashierPage, order: OrderPage, language: Language) -> Mapping[str, Page]:
    """The cashier and the order's page in each state, from those of a visitor."""

    def lines(*states: RetireLineState) -> LinesShown:
        items = tuple(line(no, language, state) for no, state in enumerate(states, start=1))
        return LinesShown(
            items=items, count=len(items), payer="示例碳汇公司" if language is Language.ZH else "Sample Sinks"
        )

    def held(*items: RetireLineShown | HoldLineShown) -> LinesShown:
        return replace(
            lines(), items=items, count=len(items),
            fulfils=Fulfils.BOTH if any(one.fulfil == "retire" for one in items) else Fulfils.HOLD,
        )  # fmt: skip

    def own(no: int, state: HoldLineState) -> HoldLineShown:
        return hold(no, language, state)

    used = hold(1, language, HoldLineState.HELD, back_g=12_345_678, free_g=37_654_322)
    stays = replace(order, scene_title=None, scene_url="/me", amount=yuan(1_000_000), mass_g=200_000_000)
    arrived = replace(stays, phase=OrderPhase.DONE, refresh_s=None)
    amount = yuan(9_974_640)
    waiting, done = RetireLineState.WAITING, RetireLineState.DONE
    order = replace(order, amount=amount, mass_g=1_889_580_000)
    full = replace(lines(*[done] * MOST), count=20, later_url="/o/ord_01?from=9")
    return {
        "joint_cashier": replace(cashier, amount=amount, mass_g=1_889_580_000, lines=lines(waiting, waiting)),
        "joint_retiring": replace(
            order, phase=OrderPhase.RETIRING, lines=lines(RetireLineState.RETIRED, RetireLineState.RETIRING, done)
        ),
        "joint_done": replace(order, phase=OrderPhase.DONE, refresh_s=None, lines=lines(done, done)),
        "hold_cashier": replace(
            cashier,
            amount=yuan(1_000_000),
            mass_g=200_000_000,
            scene_title=None,
            back_url="/me",
            lines=held(own(1, HoldLineState.WAITING), own(2, HoldLineState.WAITING)),
        ),
        "hold_arriving": replace(
            stays, phase=OrderPhase.RETIRING, lines=held(own(1, HoldLineState.ARRIVING), own(2, HoldLineState.ARRIVING))
        ),
        "hold_done": replace(arrived, lines=held(used, own(2, HoldLineState.HELD))),
        "hold_closed": replace(arrived, phase=OrderPhase.CLOSED, lines=held(own(1, HoldLineState.RETURNED))),
        "both_done": replace(
            order,
            phase=OrderPhase.DONE,
            refresh_s=None,
            lines=held(line(1, language, done), own(2, HoldLineState.HELD)),
        ),
        "joint_full": replace(order, phase=OrderPhase.DONE, refresh_s=None, lines=full),
        "joint_closed": replace(order, phase=OrderPhase.CLOSED, refresh_s=None, lines=lines(RetireLineState.RETURNED)),
    }
