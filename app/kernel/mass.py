"""Mass of CO2e (二氧化碳当量): always integer grams; here is how it is rounded and printed.

Source of the rounding rules: docs/decisions/0002-integer-grams.md.
"""

from typing import Final

GRAMS_PER_KG: Final = 1_000
GRAMS_PER_TONNE: Final = 1_000_000


def to_retire_g(emission_g: int, *, step_g: int) -> int:
    """Grams to retire for an emission: rounded up to a whole step, at least one step.

    Up, because an offset may exceed the emission but never fall short of it.
    `step_g` is 1 for persons and 1 000 for organisations (the scenario says which).
    """
    assert emission_g >= 0 and step_g > 0, (emission_g, step_g)
    return max(1, -(-emission_g // step_g)) * step_g


def tonnes(mass_g: int) -> str:
    """Tonnes with three decimals, rounded half up: `87.790`."""
    return _decimals(mass_g, unit_g=GRAMS_PER_TONNE, places=3)


def exact_t(mass_g: int) -> str:
    """Tonnes, exact to the gram, without zeros that say nothing: `87.79`, `0.000001`."""
    whole, part = divmod(mass_g, GRAMS_PER_TONNE)
    assert mass_g >= 0, mass_g
    return f"{whole:,}" + (f".{part:06d}".rstrip("0") if part else "")


def exact_kg(mass_g: int) -> str:
    """Kilograms with three decimals, exact since grams are the third one: `12.400`."""
    return _decimals(mass_g, unit_g=GRAMS_PER_KG, places=3)


def friendly(mass_g: int) -> tuple[str, str]:
    """Number and unit for a hero figure: kg with one decimal below 1 t, t with two above.

    Below 100 g the kilogram would read 0.0 or 0.1, so grams are shown as they are.
    """
    if mass_g < 100:
        return str(mass_g), "g"
    if mass_g < GRAMS_PER_TONNE - 50:  # from here on one decimal of a kilogram would already read 1,000.0
        return _decimals(mass_g, unit_g=GRAMS_PER_KG, places=1), "kg"
    return _decimals(mass_g, unit_g=GRAMS_PER_TONNE, places=2), "t"


def text(mass_g: int) -> str:
    """The friendly figure as one string: `12.4 kg`."""
    return " ".join(friendly(mass_g))


def _decimals(mass_g: int, *, unit_g: int, places: int) -> str:
    scale = 10**places
    sign, size = ("-", -mass_g) if mass_g < 0 else ("", mass_g)
    whole, part = divmod((size * scale * 2 + unit_g) // (unit_g * 2), scale)
    return f"{sign}{whole:,}.{part:0{places}d}"
