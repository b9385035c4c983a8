"""The colours of a certificate's picture: what `app/certificates/rendering/palette.txt` holds.

`python -m tests.rules.making_palette` takes them from certificates of many scenes, with and without the mark of the
sandbox. The file is kept, not made anew: whoever draws a picture again gets the same bytes.
"""

from pathlib import Path

import pypdfium2
from PIL import Image

from app.certificates.rendering import picturing
from app.kernel.text import Language
from tests.rules.test_rendering_certificates import AT, press, record

COLOURS = 256
FLAT = ("#FBF9F2", "#FFFFFF", "#10261D", "#4B5F56", "#0B5D46", "#084635", "#E9A820", "#B3372C", "#F3DAD2")
"""Of large areas and of text in the template; they stay exactly as they are."""
SEALS = (
    "#FF0000", "#CC0000", "#E60012", "#990000", "#FF6666", "#FF9999", "#FFCCCC", "#0000FF", "#003399", "#6680CC",
    "#00FF00", "#008000", "#FFFF00", "#00FFFF", "#FF00FF", "#FF7F00", "#800080", "#000000", "#404040", "#C0C0C0",
)  # fmt: skip
"""What an issuer's own seal may be made of, roughly: the rest are colours of ours."""


def make() -> list[str]:
    """The palette, `#RRGGBB` each."""
    pages = [_page(number) for number in range(8)]
    whole = Image.new("RGB", (pages[0].width, sum(page.height for page in pages)))
    for at, page in enumerate(pages):
        whole.paste(page, (0, at * page.height))
    found = whole.quantize(COLOURS - len(FLAT) - len(SEALS), method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    flat = found.getpalette() or []
    taken = {f"#{r:02X}{g:02X}{b:02X}" for r, g, b in zip(flat[::3], flat[1::3], flat[2::3], strict=True)}
    palette = [*FLAT, *sorted({*taken, *SEALS} - set(FLAT))]
    # Pillow matches to the nearest entry only roughly: what a flat colour falls on instead of itself is taken out.
    while wrong := {at for at, colour in enumerate(_matched(palette)) if colour != FLAT[at]}:
        others = {_matched(palette)[at] for at in wrong}
        palette = [colour for colour in palette if colour in FLAT or colour not in others]
    return palette


def _matched(palette: list[str]) -> list[str]:
    """What each flat colour becomes in this palette."""
    strip = Image.new("RGB", (len(FLAT), 1))
    strip.putdata([_numbers(colour) for colour in FLAT])
    table = Image.new("P", (1, 1))
    table.putpalette([number for colour in palette for number in _numbers(colour)])
    got = strip.quantize(palette=table, dither=Image.Dither.NONE).convert("RGB")
    return ["#{:02X}{:02X}{:02X}".format(*got.getpixel((at, 0))) for at in range(len(FLAT))]


def _numbers(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:], 16)


def _page(number: int) -> Image.Image:
    language = (Language.ZH, Language.EN)[number % 2]
    paper = press().render(
        record(sandbox=number % 4 < 2, scenario_code=f"SCENE{number}", number=f"DD-20261122-SC-{number}"),
        name="林小川", language=language, kind="pdf", at=AT,
    )  # fmt: skip
    document = pypdfium2.PdfDocument(paper)
    try:
        page = document[0].render(scale=360 / document[0].get_width()).to_pil().convert("RGB")
        assert isinstance(page, Image.Image)
        return page
    finally:
        document.close()


if __name__ == "__main__":
    Path(picturing.__file__).with_name("palette.txt").write_text("\n".join(make()) + "\n")
