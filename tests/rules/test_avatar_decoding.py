"""A stranger's picture: ordinary ones become 256 × 256 and nothing else, hostile ones are refused for the right reason."""

import io

import pytest
from PIL import Image

from app.foundation.avatars import bounded
from app.foundation.avatars.decoding import BYTES_MAX, QUALITY, SIDE, Refused, redraw
from tests.rules.hostile_pictures import hostile_pictures, plain


def read(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def test_there_are_two_hundred_hostile_pictures() -> None:
    assert len(hostile_pictures()) >= 200
    assert len({data for _, data, _ in hostile_pictures()}) >= 195


def test_of_two_hundred_hostile_pictures_none_breaks_anything_and_each_has_its_reason() -> None:
    wrong = {}
    for name, data, reason in hostile_pictures():
        try:
            told: str | None = None
            drawn = redraw(data)
        except Refused as why:
            told = str(why)
        else:
            assert read(drawn).size == (SIDE, SIDE), name
        if reason is not None and told != reason:
            wrong[name] = told, reason

    assert not wrong


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(16, 16), (64, 48), (1000, 300), (300, 1000)])
def test_an_ordinary_picture_becomes_a_square(kind: str, size: tuple[int, int]) -> None:
    drawn = read(redraw(plain(kind, size)))

    assert (drawn.format, drawn.size, drawn.mode) == ("WEBP", (SIDE, SIDE), "RGB")


def test_nothing_but_the_pixels_is_left_of_it() -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x8825] = "somewhere secret", 6, {1: "N", 2: (30.0, 39.0, 1.0)}
    out = io.BytesIO()
    picture = Image.new("RGB", (200, 100), "white")
    picture.paste("red", (0, 0, 100, 100))
    picture.save(out, "JPEG", exif=exif, comment=b"somewhere secret", icc_profile=b"secret profile" * 20, quality=95)

    drawn = redraw(out.getvalue())

    assert b"secret" not in drawn
    assert not {"EXIF", "XMP ", "ICCP"} & {drawn[at : at + 4].decode("latin-1") for at in range(len(drawn) - 3)}
    top, bottom = read(drawn).getpixel((128, 20)), read(drawn).getpixel((128, 236))
    assert (top[1] < 90, bottom[1] > 160) == (True, True), "turned as it was held: the left half is on top"


def test_what_is_transparent_lies_on_our_paper() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(out, "PNG")

    assert all(
        abs(one - paper) < 6
        for one, paper in zip(read(redraw(out.getvalue())).getpixel((9, 9)), (247, 245, 238), strict=True)
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_colour_is_read(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (64, 64)).save(out, "PNG")

    assert read(redraw(out.getvalue())).size == (SIDE, SIDE)


def test_what_a_telephone_appends_to_its_picture_is_no_reason_to_refuse_it() -> None:
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(400)
    for tail in (plain("JPEG", (20, 20)), film, bytes(64), b"x" * 20 + b"SEFT"):
        assert redraw(plain("JPEG") + tail)


def test_the_process_reads_no_more_than_the_door_lets_in() -> None:
    assert bounded.BYTES_MAX == BYTES_MAX
    assert 60 < QUALITY < 100


async def test_in_a_process_of_its_own_the_same_is_refused_and_the_same_is_drawn() -> None:
    assert (await bounded.redraw(plain(), account="a"))[8:12] == b"WEBP"
    for reason, fact in bounded._FACTS.items():
        data = next(data for _, data, known in hostile_pictures() if known == reason)
        with pytest.raises(fact):
            await bounded.redraw(data, account="a")
