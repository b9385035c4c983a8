"""Fonts (字体): which characters a certificate can show, so that nobody pays for a name of empty boxes.

find_fonts()  the font files of this installation, and what they draw together
report()      the drawing worker writes down what its fonts draw
demand()      refuse a text that a certificate could not show, naming the characters
own()         what this process's own fonts draw: asked while no drawing worker has reported anything
use_folders() where this process looks for further fonts
coverages()   what the drawing workers reported, the latest first
faults()      the characters of a text that given fonts cannot show; in_words() names them
scripts()     which writing systems are drawn, and which are not

What was reported counts, not what a door finds on its own disk: the paper is drawn by the worker.
"""

from app.foundation.fonts.checking import IN_USE, coverages, demand, own, use_folders
from app.foundation.fonts.errors import NotPrintable
from app.foundation.fonts.finding import FontBook, find_fonts
from app.foundation.fonts.reporting import report
from app.foundation.fonts.rules import faults, in_words, scripts

__all__ = [
    "IN_USE",
    "FontBook",
    "NotPrintable",
    "coverages",
    "demand",
    "faults",
    "find_fonts",
    "in_words",
    "own",
    "report",
    "scripts",
    "use_folders",
]
