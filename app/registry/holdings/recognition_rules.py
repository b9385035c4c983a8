"""Mutual recognition (互认): which scheme accepts which programme, and in which order it prefers them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.kernel.text import Text
from app.registry.credits.rules import Programme
from app.registry.holdings.errors import ProgrammeNotAccepted, SchemeUnknown
from app.registry.holdings.mix_rules import Mix


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What a scheme says of one programme."""

    is_accepted: bool
    rank: int | None
    """Its place in the scheme's order of preference, 1 first; None: the scheme ranks nothing, or not this one."""
    is_confirmed: bool
    """Whether the source was read; an unconfirmed row counts like any other and is told as such."""
    source: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """One set of rules for what may be retired under its name; a programme it does not list is not accepted."""

    code: str
    name: Text
    says: Mapping[Programme, Acceptance]

    @property
    def preference(self) -> Mix:
        """What it accepts as a mix by preference: by rank, those without a rank last, then as listed."""
        accepted = [programme for programme, word in self.says.items() if word.is_accepted]
        return Mix.by_preference(
            *sorted(accepted, key=lambda programme: self.says[programme].rank or len(Programme) + 1)
        )


Recognition = Mapping[str, Scheme]
"""The matrix: every scheme by its code."""


def accepts(matrix: Recognition, scheme: str, programme: Programme) -> bool:
    """Whether the scheme accepts the programme; a scheme that is not in the matrix accepts nothing."""
    found = matrix.get(scheme)
    return found is not None and programme in found.says and found.says[programme].is_accepted


def choose_scheme(matrix: Recognition, code: str, *, field: str = "/scheme") -> Scheme:
    """The scheme of that code.

    Raises:
        SchemeUnknown: there is none; `field` is where it was named.
    """
    if (found := matrix.get(code)) is None:
        raise SchemeUnknown(field=field, name=code, known=", ".join(matrix))
    return found


def demand_accepted(mix: Mix, scheme: Scheme, *, field: str = "/mix") -> None:
    """Let the mix pass where the scheme accepts every programme of it; `field` is where the mix was named.

    Raises:
        ProgrammeNotAccepted: names the scheme and those it does not accept.
    """
    refused = [name.value for name in mix.programmes if not accepts({scheme.code: scheme}, scheme.code, name)]
    if refused:
        raise ProgrammeNotAccepted(
            field=field,
            scheme=scheme.code,
            scheme_zh=scheme.name.zh,
            scheme_en=scheme.name.en,
            programmes=", ".join(refused),
        )
