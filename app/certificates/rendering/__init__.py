"""Rendering (制证): one frozen record becomes the PDF or PNG of its certificate. Pure: no table, no wire.

press      the record, in the layout of `templates/certificate.typ` or another, as PDF or PNG
wording    the record's facts in the words of `templates/words.json`
art        ring, QR code and landscape, the same on its page as on paper
picturing  the picture of a finished PDF, in the colours of `palette.txt`
"""

from app.certificates.rendering.art import foot, foot_seed, marks, poster_marks
from app.certificates.rendering.picturing import picture_of
from app.certificates.rendering.press import ACCOUNT, POSTER, TEMPLATE, Press, Unprintable
from app.certificates.rendering.wording import claim_notes, closing, sheet

__all__ = [
    "ACCOUNT",
    "POSTER",
    "TEMPLATE",
    "Press",
    "Unprintable",
    "claim_notes",
    "closing",
    "foot",
    "foot_seed",
    "marks",
    "picture_of",
    "poster_marks",
    "sheet",
]
