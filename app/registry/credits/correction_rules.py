"""Which facts about a lot may be corrected, and how a correction reads them. Pure.

What tonnes a lot covers, its programme, project and vintage are not among them: a lot that is wrong there is
another lot.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from app.registry.credits.errors import CorrectionUnfit


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The facts that may be corrected; what is not named stays as it is, None makes it unknown."""

    labels: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    is_real: bool | msgspec.UnsetType | None = msgspec.UNSET
    is_additional: bool | msgspec.UnsetType | None = msgspec.UNSET
    is_permanent: bool | msgspec.UnsetType | None = msgspec.UNSET
    source_market: str | msgspec.UnsetType | None = msgspec.UNSET


_TEXT_MOST: Final = 100


def read_changes(changes: Mapping[str, object]) -> dict[str, object]:
    """The named facts in their own types.

    Raises:
        CorrectionUnfit: none is named, one may not be corrected, or a value is of another kind.
    """
    try:
        read = msgspec.convert(changes, Changes)
    except msgspec.ValidationError as fault:
        raise CorrectionUnfit(name=str(fault)) from fault
    named = {
        name: value
        for name in Changes.__struct_fields__
        if (value := getattr(read, name)) is not msgspec.UNSET
    }  # fmt: skip
    if not named:
        raise CorrectionUnfit(name="{}")
    for name, value in named.items():
        texts = value if isinstance(value, tuple) else (value,)
        for text in texts:
            if isinstance(text, str) and (not text.strip() or len(text) > _TEXT_MOST or not text.isprintable()):
                raise CorrectionUnfit(name=name)
    return named
