"""The calculators as data, for the rules, the pages and the interface: fields, bounds, units, both languages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.footprint.calculators.event_form import EVENT
from app.footprint.calculators.personal_form import PERSONAL
from app.footprint.form_shapes import Form

FORMS: Final[Mapping[str, Form]] = MappingProxyType({form.calculator: form for form in (PERSONAL, EVENT)})
"""The present form of each calculator, by its name."""
