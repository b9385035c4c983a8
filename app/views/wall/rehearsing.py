"""Invented people, so that an organiser sees the screen before anybody comes. None of them is anybody."""

from typing import Final

import msgspec

from app.kernel import mass
from app.programmes import wall

REHEARSED_PEOPLE: Final = 1_286
REHEARSED_G: Final = 15_940_000
"""What a scene may have come to by then; as invented as the people."""


class RehearsedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is not there."""

    name: str
    mass: tuple[str, str]
    picture: str


_INVENTED: Final = (
    ("林小川", 12_400), ("Emma W.", 22_900), ("阿依", 12_000), ("刘师傅", 22_400), ("欧阳晓棠", 9_600), ("Kenji", 64_100),
    ("周子涵", 8_100), ("Amélie", 31_700), ("向阳", 3_400), ("卓玛", 9_600), ("何满", 12_400), ("罗一", 5_600),
    ("苏和", 4_100), ("Noor", 18_200), ("陈知远", 7_300), ("Łukasz", 27_500),
)  # fmt: skip
PEOPLE: Final = tuple(
    RehearsedPerson(name=name, mass=mass.friendly(mass_g), picture=wall.default_picture(f"rehearsal {name}", name))
    for name, mass_g in _INVENTED
)
