"""The form by which staff ask to see what is masked: a reason, and their own words; the person is shown both."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.kernel.text import Language
from app.views.privacy.unmasking import REASONS


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskForm:
    """POST `reason` and `said` to `action`, with `kept`."""

    action: str
    reasons: tuple[tuple[str, str], ...]
    kept: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    said: str = ""
    """What was typed, where it was refused."""


def form(
    action: str, language: Language, *, kept: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> UnmaskForm:
    """The form, with what was typed into it before."""
    given = typed or {}
    return UnmaskForm(
        action=action,
        reasons=tuple((one.value, text.in_(language)) for one, text in REASONS.items()),
        kept=kept or {},
        reason=given.get("reason", ""),
        said=given.get("said", "")[:400],
    )
