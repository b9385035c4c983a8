"""What all calculations over the same inputs and factors say alike, and the figures that are one's own. Pure.

A calculation as JSON is taken apart into its form, where every figure is null, the paths to them, and the figures in the
order of the paths. Whatever somebody typed is a figure, a reason too; the form holds only what the factor set and the
calculator say, so it may outlive every calculation that was made by it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

FIGURES: Final = frozenset({"quantity", "working", "grams", "total_g", "market_total_g", "value", "reason"})
"""The keys whose values are one's own; and everything below `inputs` is."""
_TYPED: Final = "inputs"

Path = list[str]
"""Keys and positions from the outside in, as PostgreSQL's `jsonb_set` takes them."""


def take_apart(stored: Mapping[str, Any]) -> tuple[dict[str, Any], list[Path], list[Any]]:
    """The form, the paths to its figures, and the figures; `put_together` answers what was given."""
    paths: list[Path] = []
    figures: list[Any] = []

    def without(value: Any, path: Path, *, is_own: bool) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, Mapping):
            return {
                key: without(below, [*path, key], is_own=is_own or key in FIGURES or [*path, key] == [_TYPED])
                for key, below in value.items()
            }
        if isinstance(value, list | tuple):
            return [without(below, [*path, str(no)], is_own=is_own) for no, below in enumerate(value)]
        if not is_own:
            return value
        paths.append(path)
        figures.append(value)
        return None

    return without(stored, [], is_own=False), paths, figures


def put_together(content: Mapping[str, Any], paths: Sequence[Path], figures: Sequence[Any]) -> Mapping[str, Any]:
    """A calculation again. `content` is filled in place: it is handed over, freshly read."""
    for path, figure in zip(paths, figures, strict=True):
        place: Any = content
        for step in path[:-1]:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list):
            place[int(path[-1])] = figure
        else:
            place[path[-1]] = figure
    return content
