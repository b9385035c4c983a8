"""Two hundred hostile pictures as logos: each is refused with its reason or drawn anew, and none breaks anything."""

import io

from PIL import Image

from app.programmes.gifts.errors import LogoUnfit
from app.programmes.gifts.logo_rules import HEIGHT_MOST, WIDTH_MOST, draw
from tests.rules.hostile_pictures import hostile_pictures


def test_each_of_two_hundred_hostile_pictures_is_no_logo_or_is_drawn_anew_within_its_bounds() -> None:
    drawn = {}
    pictures = list(hostile_pictures())
    assert len(pictures) >= 200
    for name, data, _ in pictures:
        try:
            one = draw(data)
        except LogoUnfit:
            continue
        with Image.open(io.BytesIO(one.png)) as picture:
            picture.load()
            assert picture.format == "PNG" and picture.width <= WIDTH_MOST and picture.height <= HEIGHT_MOST, name
        assert b"script" not in one.png and b"<svg" not in one.png and one.png != data, name
        drawn[name] = one
    assert drawn, "some are only bent and can still be read"
