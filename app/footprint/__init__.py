"""Footprint (碳足迹): what somebody emitted, computed from their words and a published factor set.

load_factor_set() read a factor set, checked row by row
calculate()       inputs and a factor set → lines and a total, exact to the gram
visit_inputs()    what one tap on a scene means for the calculator
summary()         a calculation in one line
recompute()       a kept figure again, under what it was made with
keep()            write a calculation down; it never changes; `keep_many` a set of them
find_many()       kept calculations

A calculator is data: fields, bounds, factors. Everything but `keep`, `keep_many` and `find_many` is pure.
"""

from app.footprint.calculating import KeptCalculation, find_many, keep, keep_many
from app.footprint.calculators.forms import FORMS
from app.footprint.calculators.visit_rules import CHIPS, Chip, one_way_limit, visit_inputs
from app.footprint.errors import (
    CalculatorUnknown,
    DayUnfit,
    FactorSetDiffers,
    FigureKeyUsed,
    FigureUnknown,
    InputUnknown,
    MealsAndDiet,
    NoGridFactor,
    NothingEmitted,
)
from app.footprint.factor_sets.factor_rules import FactorSet
from app.footprint.factor_sets.factors import load_factor_set
from app.footprint.figure_rules import FIRST_YEAR, FigureFacts, FigureTotal, Span, day_period, year_period
from app.footprint.figures import figure_totals, find_figure, keep_figure, list_figures
from app.footprint.form_shapes import Field, Form, Kind, Limit
from app.footprint.rules import Calculation, Line, as_json, calculate, is_reproduced, missing_factors, recompute
from app.footprint.summary_rules import summary

__all__ = [
    "CHIPS",
    "FIRST_YEAR",
    "FORMS",
    "Calculation",
    "CalculatorUnknown",
    "Chip",
    "DayUnfit",
    "FactorSet",
    "FactorSetDiffers",
    "Field",
    "FigureFacts",
    "FigureKeyUsed",
    "FigureTotal",
    "FigureUnknown",
    "Form",
    "InputUnknown",
    "KeptCalculation",
    "Kind",
    "Limit",
    "Line",
    "MealsAndDiet",
    "NoGridFactor",
    "NothingEmitted",
    "Span",
    "as_json",
    "calculate",
    "day_period",
    "figure_totals",
    "find_figure",
    "find_many",
    "is_reproduced",
    "keep",
    "keep_figure",
    "keep_many",
    "list_figures",
    "load_factor_set",
    "missing_factors",
    "one_way_limit",
    "recompute",
    "summary",
    "visit_inputs",
    "year_period",
]
