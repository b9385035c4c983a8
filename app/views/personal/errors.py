"""Facts about one's own account that stop a use case."""

from app.kernel.errors import Invalid
from app.kernel.text import Text


class MassNotOfFigure(Invalid):
    """Nothing, or more than the figure emitted."""

    code = "personal.mass_not_of_figure"
    text = Text(
        zh="请填写大于 0、不超过这笔排放 {most} kg 的千克数，最多三位小数。",
        en="Please give kilograms above 0, with at most three decimals, and no more than this figure of {most} kg.",
    )
