"""The accents of zones: every one in page and paper, the same colours in both, and readable on every ground."""

import re
from pathlib import Path

import pytest

from app.certificates.rendering import TEMPLATE
from app.certificates.rendering.picturing import ACCENTS
from app.programmes.zones import Accent
from app.web.kit.responses import pages
from tests.pages.test_templates_texts import TOKENS, contrast

SHEET = (pages.STATIC / "citizen" / "accents.css").read_text()
ON_PAGES = {
    accent: dict(re.findall(r"--([a-z0-9-]+):(#[0-9A-F]{6})", body))
    for accent, body in re.findall(r"\.accent-([a-z]+)\{([^}]*)\}", SHEET)
}
ON_PAPER = {
    accent: (pine, deep)
    for accent, pine, deep in re.findall(
        r'(\w+): \("(#[0-9A-F]{6})", "(#[0-9A-F]{6})"\)', Path(TEMPLATE).with_name("parts.typ").read_text("utf-8")
    )
}


def test_every_accent_is_on_pages_on_papers_and_in_pictures() -> None:
    others = set(Accent) - {Accent.GREEN}
    assert ON_PAGES.keys() == ACCENTS.keys() == others
    assert ON_PAPER.keys() == set(Accent)
    assert ON_PAPER["green"] == (TOKENS["pine"], TOKENS["pine-d"])


@pytest.mark.parametrize("accent", sorted(set(Accent) - {Accent.GREEN}))
def test_an_accent_is_the_same_everywhere_and_can_be_read(accent: str) -> None:
    colours = ON_PAGES[accent]
    assert ON_PAPER[accent] == ACCENTS[accent][:2] == (colours["pine"], colours["pine-d"])
    for ground in ("card", "paper", "mist", "cert"):
        assert contrast(colours["pine"], TOKENS[ground]) >= 4.5, ground
        assert contrast(colours["pine-d"], TOKENS[ground]) >= 4.5, ground
    assert contrast("#FFFFFF", colours["pine"]) >= 4.5
    for ground in ("tab", "tag"):
        assert contrast(colours["pine-d"], colours[ground]) >= 4.5, ground
