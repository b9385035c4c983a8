"""Mixes (组合): how one demand is put together from several programmes, exact to the gram. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from app.kernel.text import Text
from app.registry.credits.rules import Programme
from app.registry.holdings.errors import CreditsExhausted, MixUnfit
from app.registry.holdings.rules import OpenLot, Portion, share_out

WHOLE_BP: Final = 10_000
"""Basis points of the whole: 6 000 are 60 %."""


class MixKind(StrEnum):
    """What the figure of a part means."""

    SHARE = "share"
    """Basis points of the demand; together 10 000."""
    MASS = "mass"
    """Grams; together the demand."""
    PREFERENCE = "preference"
    """None: what there is of the first, then of the second, and so on."""


@dataclass(frozen=True, slots=True)
class Part:
    """One programme of a mix; `amount` is basis points or grams, 0 in a preference."""

    programme: Programme
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Mix:
    """A demand's composition, its parts in the order in which they were named.

    Raises:
        MixUnfit: no part, a programme twice, a part of nothing, or shares that are not 10 000 together.
    """

    kind: MixKind
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise _unfit(zh="没有任何类型", en="it names no programme")
        if len(set(self.programmes)) < len(self.parts):
            raise _unfit(zh="同一类型出现两次", en="a programme stands in it twice")
        if self.kind is not MixKind.PREFERENCE and any(part.amount <= 0 for part in self.parts):
            raise _unfit(zh="每一部分都必须大于 0", en="every part must be more than nothing")
        if self.kind is MixKind.SHARE and (total := sum(part.amount for part in self.parts)) != WHOLE_BP:
            raise _unfit(
                zh=f"比例合计为 {total}，应为 {WHOLE_BP}", en=f"the shares add up to {total} instead of {WHOLE_BP}"
            )

    @classmethod
    def only(cls, programme: Programme) -> Self:
        """All of it from one programme."""
        return cls(MixKind.PREFERENCE, (Part(programme),))

    @classmethod
    def by_share(cls, shares_bp: Mapping[Programme, int]) -> Self:
        """Basis points of each programme; the rounded parts add up to the demand exactly (`split`)."""
        return cls(MixKind.SHARE, tuple(Part(*item) for item in shares_bp.items()))

    @classmethod
    def by_mass(cls, masses_g: Mapping[Programme, int]) -> Self:
        """Grams of each programme; together they must be the demand."""
        return cls(MixKind.MASS, tuple(Part(*item) for item in masses_g.items()))

    @classmethod
    def by_preference(cls, *programmes: Programme) -> Self:
        """What there is of the first programme, the rest from the second, and so on."""
        return cls(MixKind.PREFERENCE, tuple(Part(programme) for programme in programmes))

    @classmethod
    def read(cls, text: str) -> Self:
        """The mix that `str()` wrote."""
        kind, *named = text.split(" ")
        parts = (one.partition("=") for one in named)
        return cls(MixKind(kind), tuple(Part(Programme(name), int(amount or 0)) for name, _, amount in parts))

    @property
    def programmes(self) -> tuple[Programme, ...]:
        """The programmes, in the order in which they were named."""
        return tuple(part.programme for part in self.parts)

    @property
    def single(self) -> Programme | None:
        """The programme, where there is only one."""
        return self.parts[0].programme if len(self.parts) == 1 else None

    def __str__(self) -> str:
        """As it is kept beside a reservation: `share CCER=6000 CDCER=4000`, `preference CCER CDCER`."""
        named = (
            f"{part.programme.value}={part.amount}" if part.amount else part.programme.value for part in self.parts
        )
        return " ".join((self.kind.value, *named))


def split(whole_g: int, shares_bp: Sequence[int]) -> list[int]:
    """Parts of a whole by largest remainder: they add up to it, each within a gram of its exact share.

    Grams that rounding down leaves over go to the largest remainders, among equals to the earlier part.
    """
    assert whole_g >= 0 and sum(shares_bp) == WHOLE_BP, (whole_g, shares_bp)
    parts = [whole_g * share // WHOLE_BP for share in shares_bp]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(whole_g * shares_bp[i] % WHOLE_BP), i))
    for i in by_remainder[: whole_g - sum(parts)]:
        parts[i] += 1
    return parts


def masses(demand_g: int, mix: Mix) -> dict[Programme, int] | None:
    """The grams of each programme, where the mix itself says them; None for a preference, which depends on what is open.

    Raises:
        MixUnfit: the masses of the mix are not the demand together.
    """
    if mix.single is not None and mix.kind is MixKind.PREFERENCE:
        return {mix.single: demand_g}
    if mix.kind is MixKind.PREFERENCE:
        return None
    return dict(zip(mix.programmes, _wanted(demand_g, mix), strict=True))


def apportion(demands: Iterable[tuple[int, Mix]], open_g: Mapping[Programme, int]) -> list[dict[Programme, int]]:
    """The grams of each programme that these demands take, one after the other, from what is open; none of 0 grams.

    Raises:
        CreditsExhausted: for a demand less is left than it asks for; `field` is `/` and its place, from 0.
        MixUnfit: as `masses`.
    """
    left_g, taken = dict(open_g), []
    for at, (demand_g, mix) in enumerate(demands):
        wanted = masses(demand_g, mix)
        given = _preferred(demand_g, mix, left_g) if wanted is None else wanted
        missing = {
            name.value: grams - left_g.get(name, 0) for name, grams in given.items() if grams > left_g.get(name, 0)
        }
        if missing:
            raise CreditsExhausted(demand_g=demand_g, missing=missing, field=f"/{at}")
        taken.append({programme: grams for programme, grams in given.items() if grams > 0})
        for programme, grams in taken[-1].items():
            left_g[programme] -= grams
    return taken


def compose(demand_g: int, mix: Mix, lots: Iterable[OpenLot]) -> list[Portion]:
    """Meet `demand_g` exactly: the mix says how much of which programme, then the oldest vintage goes first.

    Raises:
        CreditsExhausted: a programme lacks grams; all that lack are named, and nothing is taken.
        MixUnfit: the masses of the mix are not the demand together.
    """
    assert demand_g > 0, demand_g
    lots_of: dict[Programme, list[OpenLot]] = {programme: [] for programme in mix.programmes}
    for lot in lots:
        if lot.programme in lots_of:
            lots_of[lot.programme].append(lot)
    portions: list[Portion] = []
    missing: dict[str, int] = {}
    if mix.kind is MixKind.PREFERENCE:
        for programme in mix.programmes:
            left_g = demand_g - sum(portion.mass_g for portion in portions)
            portions += share_out(left_g, lots_of[programme])
        if (left_g := demand_g - sum(portion.mass_g for portion in portions)) > 0:
            missing[mix.programmes[-1].value] = left_g
    else:
        for programme, wanted_g in zip(mix.programmes, _wanted(demand_g, mix), strict=True):
            given = share_out(wanted_g, lots_of[programme])
            portions += given
            if (left_g := wanted_g - sum(portion.mass_g for portion in given)) > 0:
                missing[programme.value] = left_g
    if missing:
        raise CreditsExhausted(demand_g=demand_g, missing=missing)
    return portions


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a demand would take of one programme."""

    programme: Programme
    mass_g: int
    portions: tuple[Portion, ...]
    """The oldest vintage first; together `mass_g` less `missing_g`."""
    missing_g: int


def foresee(demands: Iterable[tuple[int, Mix]], lots: Iterable[OpenLot]) -> list[tuple[Foreseen, ...]]:
    """Which lots these demands would take, one after the other; what is lacking is told instead of refused.

    Raises:
        MixUnfit: as `masses`.
    """
    left = {lot.id: lot for lot in lots}
    taken = []
    for demand_g, mix in demands:
        wanted = masses(demand_g, mix)
        if wanted is None:
            wanted = _preferred(demand_g, mix, _open_g(left.values()))
        lines = []
        for programme, mass_g in wanted.items():
            portions = share_out(mass_g, [lot for lot in left.values() if lot.programme is programme])
            for portion in portions:
                lot = left[portion.lot_id]
                left[lot.id] = replace(lot, open_g=lot.open_g - portion.mass_g)
            missing_g = mass_g - sum(portion.mass_g for portion in portions)
            if mass_g > 0:
                lines.append(Foreseen(programme, mass_g, tuple(portions), missing_g))
        taken.append(tuple(lines))
    return taken


def _open_g(lots: Iterable[OpenLot]) -> Counter[Programme]:
    open_g: Counter[Programme] = Counter()
    for lot in lots:
        open_g[lot.programme] += lot.open_g
    return open_g


def _preferred(demand_g: int, mix: Mix, left_g: Mapping[Programme, int]) -> dict[Programme, int]:
    """What there is of the first, then of the second; what nobody has is asked of the last."""
    given: dict[Programme, int] = {}
    for programme in mix.programmes:
        given[programme] = min(demand_g - sum(given.values()), left_g.get(programme, 0))
    given[mix.programmes[-1]] += demand_g - sum(given.values())
    return given


def _wanted(demand_g: int, mix: Mix) -> list[int]:
    amounts = [part.amount for part in mix.parts]
    if mix.kind is MixKind.SHARE:
        return split(demand_g, amounts)
    if (total_g := sum(amounts)) != demand_g:
        raise _unfit(zh=f"各部分合计 {total_g} g，应为 {demand_g} g", en=f"its parts are {total_g} g, not {demand_g} g")
    return amounts


def _unfit(*, zh: str, en: str) -> MixUnfit:
    problem = Text(zh=zh, en=en)
    return MixUnfit(problem_zh=problem.zh, problem_en=problem.en)
