"""How much of what an event emits is covered, as it is printed. Pure."""


def coverage_percent(covered_g: int, emissions_g: int) -> str:
    """Per cent with one decimal: `106.2`. It may exceed a hundred; below a hundred it is rounded down, never up to it.

    Own reductions are no part of `covered_g`: they are told beside.
    """
    assert covered_g >= 0 and emissions_g > 0, (covered_g, emissions_g)
    if covered_g < emissions_g:
        permille = covered_g * 1_000 // emissions_g
    else:
        permille = (covered_g * 2_000 + emissions_g) // (emissions_g * 2)
    return f"{permille // 10}.{permille % 10}"
