"""What a footprint refuses, and why. Every refusal of an input names it by its JSON Pointer."""

from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class CalculatorUnknown(NotFound):
    """No calculator of that name (and, for an old figure, of that version)."""

    code = "footprint.calculator_unknown"
    text = Text(zh="没有名为 {calculator} 的计算器。", en="There is no calculator called {calculator}.")


class InputUnknown(Invalid):
    """A field the calculator does not have; passing over it would hide a misspelt one."""

    code = "footprint.input_unknown"
    text = Text(zh="计算器没有“{name}”这一项。", en="The calculator has no field “{name}”.")


class InputMissing(Invalid):
    """A field without which its neighbour means nothing."""

    code = "footprint.input_missing"
    text = Text(zh="请填写“{label_zh}”。", en="Please fill in “{label_en}”.")


class InputMalformed(Invalid):
    """The value is of another kind than the field: a number where text belongs, a seventh decimal."""

    code = "footprint.input_malformed"
    text = Text(zh="“{label_zh}”应为{expected_zh}。", en="“{label_en}” must be {expected_en}.")


class OutOfBounds(Invalid):
    """Nobody does that much (or that little) in such a period; the bound is named."""

    code = "footprint.out_of_bounds"
    text = Text(
        zh="“{label_zh}”应在 {minimum} 与 {maximum} 之间，填写的是 {value}。",
        en="“{label_en}” must be between {minimum} and {maximum}; it is {value}.",
    )


class ChoiceUnknown(Invalid):
    """Not one of the values the field offers."""

    code = "footprint.choice_unknown"
    text = Text(zh="“{label_zh}”只能是：{choices}。", en="“{label_en}” must be one of: {choices}.")


class InputRepeated(Invalid):
    """The same thing said twice in one list."""

    code = "footprint.input_repeated"
    text = Text(zh="“{label_zh}”中 {value} 重复。", en="“{label_en}” names {value} twice.")


class AirportsNotSupported(Invalid):
    """A flight by airport codes. We hold no sourced table of airports, so the distance must be given."""

    code = "footprint.airports_not_supported"
    text = Text(
        zh="暂不支持按机场代码计算，请填写单程公里数（km）。",
        en="Airport codes are not supported; please give the kilometres of one leg (km).",
    )


class MealsAndDiet(RuleBroken):
    """Food counted twice: single meals and a whole day's diet."""

    code = "footprint.meals_and_diet"
    text = Text(
        zh="“按餐”与“按饮食习惯”只能选一种填写。",
        en="Give either single meals or a diet with its days, not both.",
    )


class GroupLeftOut(RuleBroken):
    """A source group is both excluded with a reason and filled in."""

    code = "footprint.group_left_out"
    text = Text(
        zh="“{group_zh}”已声明不计入，但填写了“{label_zh}”。",
        en="“{group_en}” is declared as left out, yet “{label_en}” is filled in.",
    )


class NothingEmitted(RuleBroken):
    """All lines together are zero grams: there is nothing to neutralise."""

    code = "footprint.nothing_emitted"
    text = Text(zh="排放量为 0，无需中和。", en="The emission is zero; there is nothing to neutralise.")


class NoGridFactor(RuleBroken):
    """The factor set has no official grid value up to the year of the activity."""

    code = "footprint.no_grid_factor"
    text = Text(
        zh="因子集 {version} 没有 {year} 年及以前的电网因子。",
        en="Factor set {version} has no grid factor for {year} or earlier.",
    )


class FactorMissing(Conflict):
    """The calculator needs a factor that this set does not hold: the two do not belong together."""

    code = "footprint.factor_missing"
    text = Text(zh="因子集 {version} 缺少因子 {key}。", en="Factor set {version} lacks the factor {key}.")


class FactorNotAllowed(RuleBroken):
    """A factor of a family this calculator must not use, such as life-cycle electricity in an inventory."""

    code = "footprint.factor_not_allowed"
    text = Text(zh="此处不能使用因子 {key}。", en="The factor {key} may not be used here.")


class FactorSetDiffers(Conflict):
    """A stored figure is recomputed under its own set only; this is another one, or was edited."""

    code = "footprint.factor_set_differs"
    text = Text(
        zh="该结果按因子集 {stored} 计算，不能用 {given} 复算。",
        en="The figure was computed under factor set {stored}; {given} cannot recompute it.",
    )


class FactorFileBroken(Invalid):
    """A factor set that may not be published; the place of the first fault is named."""

    code = "footprint.factor_file_broken"
    text = Text(
        zh="{file} 第 {row} 行，{column} 列：{problem_zh}",
        en="{file}, row {row}, column {column}: {problem_en}",
    )


class NoFactorSet(NotFound):
    """No published set is in force on that day."""

    code = "footprint.no_factor_set"
    text = Text(zh="{day} 没有生效的因子集。", en="No factor set is in force on {day}.")


class DayUnfit(Invalid):
    """A day or a year that has not come, or for which no factors are published."""

    code = "footprint.day_unfit"
    text = Text(zh="请选择 {first} 至 {last} 之间的时间。", en="Please choose a time between {first} and {last}.")


class FigureUnknown(NotFound):
    """No such figure, or somebody else's."""

    code = "footprint.figure_unknown"
    text = Text(zh="没有找到这笔排放记录。", en="There is no such figure in your account.")


class FigureKeyUsed(Conflict):
    """The same intent was for another figure."""

    code = "footprint.figure_key_used"
    text = Text(zh="这次操作已经记过另一笔排放。", en="This request has already kept another figure.")
