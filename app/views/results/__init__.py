"""What became of a scene, for its organiser: people, grams, coverage with guests and without, papers, cost.

find()      all of it, read in a few sums however many people came
view()      the same as JSON
as_sheet()  the same as XLSX
"""

from app.views.results.figures import Coverage, GroupPart, Part, Slot, Source, Step
from app.views.results.scene_results import EXAMPLE, Results, ResultsView, find, view
from app.views.results.sheet import as_sheet

__all__ = [
    "EXAMPLE",
    "Coverage",
    "GroupPart",
    "Part",
    "Results",
    "ResultsView",
    "Slot",
    "Source",
    "Step",
    "as_sheet",
    "find",
    "view",
]
