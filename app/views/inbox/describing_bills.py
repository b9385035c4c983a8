"""What a day of bills says, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.commerce.bills import BillState, DifferenceState, Nature
from app.kernel import money
from app.kernel.money import Currency
from app.kernel.text import Text
from app.views import bills as words
from app.views.inbox.describing import Description, Line


def bill_day(said: Mapping[str, Any], _: Mapping[str, Any]) -> Description:
    """A day of bills, three ways, with what differed and why."""
    day, differences = said["day"], said["differences"]
    ended = [one for one in differences if one["state"] != DifferenceState.SETTLED]
    return Description(
        title=Text(zh=f"签认 {day} 的账单", en=f"Sign the bills of {day}"),
        about=Text(zh=str(day), en=str(day)),
        figure=Text(zh=f"{len(ended)} 项说明", en=f"{len(ended)} explained"),
        lines=(
            *(line for one in said["bills"] for line in _bill(one)),
            Line(
                Text(zh="差异", en="Differences"),
                Text(
                    zh=f"{len(differences)} 件，{len(differences) - len(ended)} 件已自行一致",
                    en=f"{len(differences)}, of which {len(differences) - len(ended)} settled by themselves",
                ),
            ),
            *(_difference(one) for one in ended),
        ),
        outcome=Text(
            zh="同意后这一天关账：账单不再更换，合计与说明不能更改。",
            en="The day is closed at once: its bills take no other file, its sums and explanations stay.",
        ),
        link=f"/operator/bills/{day}",
    )


def _bill(one: Mapping[str, Any]) -> Iterator[Line]:
    name = words.name_of(one["channel"])
    if not one["sums"]:
        yield Line(name, words.BILL_STATES[BillState(one["state"])])
    for sums in one["sums"]:
        bill, ours, posted = (_net(sums, side) for side in ("bill", "our", "posted"))
        rows = sums["bill_payments"] + sums["bill_refunds"]
        agree = bill == ours == posted
        yield Line(
            name,
            Text(
                zh=f"账单 {bill}（{rows} 笔），支付 {ours}，账本 {posted}{_AGREE.zh if agree else _DIFFER.zh}",
                en=f"bill {bill} ({rows}), payments {ours}, ledger {posted}{_AGREE.en if agree else _DIFFER.en}",
            ),
        )


def _net(sums: Mapping[str, Any], side: str) -> str:
    return money.text(sums[f"{side}_payments_minor"] - sums[f"{side}_refunds_minor"], Currency(sums["currency"]))


def _difference(one: Mapping[str, Any]) -> Line:
    label = words.NATURES[Nature(one["nature"])]
    minor = one["theirs_minor"] if one["theirs_minor"] is not None else one["ours_minor"]
    amount = money.text(minor, Currency(one["currency"]))
    state = words.DIFFERENCE_STATES[DifferenceState(one["state"])]
    shown = f" · {one['evidence']}" if one["evidence"] else ""
    return Line(
        label,
        Text(
            zh=f"{amount} · {state.zh} · {one['reason']}{shown}", en=f"{amount} · {state.en} · {one['reason']}{shown}"
        ),
    )


_AGREE: Final = Text(zh="，一致", en=": equal")
_DIFFER: Final = Text(zh="，不一致", en=": not equal")
