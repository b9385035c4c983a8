"""A calculation in one line, for a card and a certificate: `地铁 46 km + 混合餐 1 餐`. Pure."""

from decimal import Decimal
from typing import Final

from app.footprint.result_rules import Calculation, Line
from app.kernel.text import Text

_SHOWN: Final = 4
_UNITS: Final = {
    "passenger-km": Text(zh="km", en="km"),
    "vehicle-km": Text(zh="km", en="km"),
    "km": Text(zh="km", en="km"),
    "kWh": Text(zh="kWh", en="kWh"),
    "meal": Text(zh="份", en=""),
}


def summary(calculation: Calculation) -> Text:
    """The largest lines in the order they were computed, at most four; the rest is counted."""
    largest = sorted(calculation.lines, key=lambda line: -line.grams)[:_SHOWN]
    shown = [line for line in calculation.lines if line in largest]
    left = len(calculation.lines) - len(shown)
    zh = " + ".join(_part(line, zh=True) for line in shown) + (f" + 其他 {left} 项" if left else "")
    en = " + ".join(_part(line, zh=False) for line in shown) + (f" + {left} more" if left else "")
    return Text(zh=zh, en=en)


def _part(line: Line, *, zh: bool) -> str:
    unit = _UNITS.get(line.unit, Text(zh=line.unit, en=line.unit))
    quantity = f"{Decimal(line.quantity).normalize():,f}"
    if zh:
        return f"{line.label.zh} {quantity} {unit.zh}".strip()
    return f"{line.label.en} {quantity} {unit.en}".strip()
