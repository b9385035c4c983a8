"""The logo: a centre dot and nine dots that fade around it."""

from math import cos, pi, sin

from app.kernel.drawing.pen import opening, short


def logo_svg(*, colour: str = "currentColor", label: str | None = None) -> str:
    """The logo in a 28 px box; `currentColor` takes the text colour of the page around it."""
    dots = []
    for index in range(9):
        # The darkest dot stands at the top; they fade clockwise, so the ring seems to turn.
        angle = 2 * pi * index / 9 - pi / 2
        x, y = 14 + 8.2 * cos(angle), 14 + 8.2 * sin(angle)
        opacity = short(0.95 - 0.07 * index, 2)
        dots.append(f'<circle cx="{short(x, 2)}" cy="{short(y, 2)}" r="1.9" opacity="{opacity}"/>')
    heart = '<circle cx="14" cy="14" r="3.2"/>'
    return f'{opening(28, 28, label=label)}<g fill="{colour}">{heart}{"".join(dots)}</g></svg>'
