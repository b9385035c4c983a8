"""The poster of a certificate: a picture for telephones whose code reads after a messenger has made it small."""

from functools import lru_cache

import pytest
import zxingcpp
from PIL import Image

from app.certificates.rendering import POSTER, poster_marks
from app.kernel.drawing import scan_text
from app.kernel.drawing.qr import QUIET, qr_modules
from app.kernel.text import Language
from tests.rules.test_rendering_certificates import AT, LONG_NAME, RECORD, URL, picture, press, record


@lru_cache
def poster(name: str = "林小川", language: Language = Language.ZH, mass_g: int = 12_400) -> bytes:
    return press().render(
        record(mass_g=mass_g), name=name, language=language, kind="png", at=AT, template=POSTER, marks=poster_marks
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("percent", [50, 100, 200])
def test_its_code_reads_at_half_and_double_size(language: Language, percent: int) -> None:
    page = picture(poster(language=language))
    size = (page.width * percent // 100, page.height * percent // 100)
    (code,) = zxingcpp.read_barcodes(page.resize(size, Image.Resampling.BILINEAR))
    assert code.text == URL.upper()


def test_a_module_keeps_two_and_a_half_pixels_at_half_size_and_four_of_quiet_around() -> None:
    page = picture(poster())
    (code,) = zxingcpp.read_barcodes(page)
    place, modules = code.position, len(qr_modules(scan_text(URL)))
    module_px = (place.top_right.x - place.top_left.x) / modules
    assert module_px / 2 >= 2.4
    quiet = round(QUIET * module_px) - 1
    left, top, right, bottom = place.top_left.x, place.top_left.y, place.bottom_right.x, place.bottom_right.y
    around = page.convert("L").crop((left - quiet, top - quiet, right + quiet, bottom + quiet))
    inside = Image.new("L", (right - left + 4, bottom - top + 4), 255)
    around.paste(inside, (quiet - 2, quiet - 2))
    assert min(around.tobytes()) > 200


def test_it_is_three_by_four_light_enough_to_send_and_the_same_again() -> None:
    assert picture(poster()).size == (1080, 1440)
    assert len(poster()) < 200_000
    poster_again = press().render(
        RECORD, name="林小川", language=Language.ZH, kind="png", at=AT, template=POSTER, marks=poster_marks
    )
    assert poster_again == poster()


def test_with_less_of_the_name_it_is_another_picture() -> None:
    assert poster("林*") != poster()


@pytest.mark.parametrize(
    "name", [LONG_NAME, "W" * 50, "محمد بن عبد الله", "👩‍👩‍👧" * 12, "<script>hit()</script>", "*"]
)
@pytest.mark.parametrize("mass_g", [1, 397_695_000_000])
def test_any_name_and_figure_is_drawn_and_leaves_the_code_alone(name: str, mass_g: int) -> None:
    (code,) = zxingcpp.read_barcodes(picture(poster(name, Language.EN, mass_g)))
    assert code.text == URL.upper()
