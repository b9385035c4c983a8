"""Joint orders that the API's description shows."""

from typing import Final

from litestar.openapi.spec import Example

from app.views.orders.joint import JOINT_ORDER

JOINT_EXAMPLE: Final = Example(summary="two banks, a third pays / 两家银行，一方代付", value=JOINT_ORDER)
_LINE: Final = {
    "fulfil": "retire",
    "scene": "H7QP3K",
    "purpose": "organisation",
    "subject": "2022 年度生产经营活动",
    "period_from": "2022-01-01",
    "period_to": "2022-12-31",
    "emission_grams": 100_000_000,
}
_WAYS: Final = {
    "by share / 按份额": [
        {"programme": "CCER", "share_bp": 5_000},
        {"programme": "CDCER", "share_bp": 3_000},
        {"programme": "CQCER", "share_bp": 2_000},
    ],
    "by mass / 按克数": [{"programme": "CCER", "grams": 87_790_000}, {"programme": "CDCER", "grams": 12_210_000}],
    "by preference / 按优先次序": {"preference": ["CCER", "CDCER", "CQCER"]},
}
MIXES: Final = [
    Example(
        summary=summary,
        value={"payer": "org_01JD8Q9T5K3V2M7N4P6R8S0W1X", "scheme": "chuanyu", "lines": [{**_LINE, "mix": mix}]},
    )
    for summary, mix in _WAYS.items()
]
"""One order in each of the three ways to say a mix."""
