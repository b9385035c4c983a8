"""What the holdings must say, as dicts: slow, plain, and written without looking at how the room does it."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from app.registry.credits import Programme
from app.registry.holdings import Mix, MixKind

Grams = dict[int, int]
"""Grams by lot."""


class Refused(Exception):
    """What the room must answer instead."""


@dataclass
class Held:
    """One reservation."""

    holder: str
    grams: Grams
    asked: tuple[object, ...]
    is_due: bool
    state: str = "held"


@dataclass
class Model:
    """Who has what; holders by name, lots by id. A refused step changes nothing."""

    lots: dict[int, tuple[Programme, int]] = field(default_factory=dict)
    """Programme and year of each lot."""
    source: Counter[int] = field(default_factory=Counter)
    has: dict[str, Counter[int]] = field(default_factory=dict)
    reserved: dict[str, Held] = field(default_factory=dict)
    requested: set[str] = field(default_factory=set)
    retired: Counter[int] = field(default_factory=Counter)
    moved: dict[str, tuple[tuple[object, ...], int]] = field(default_factory=dict)

    def open(self, lot: int, programme: Programme, year: int, grams: int) -> None:
        self.lots[lot] = (programme, year)
        self.source[lot] -= grams
        self.of("platform")[lot] += grams

    def of(self, holder: str) -> Counter[int]:
        return self.has.setdefault(holder, Counter())

    def transfer(
        self, cause: str, source: str, target: str, asked: tuple[object, ...], grams: Grams | Mix, g: int
    ) -> str:
        """`grams` are portions, or a mix of which `g` are wanted."""
        if source == target:
            raise Refused("SameAccount")
        content = ("transfer", source, target, asked)
        if self._is_known(cause, content):
            return "known"
        if isinstance(grams, Mix):
            grams = self._composed(source, grams, g)
        elif any(self.of(source)[lot] < taken for lot, taken in grams.items()):
            raise Refused("BalanceTooLow")
        self._give(source, target, grams)
        self.moved[cause] = (content, sum(grams.values()))
        return "moved"

    def merge(self, cause: str, source: str, target: str) -> str:
        if source == target:
            raise Refused("SameAccount")
        content = ("merge", source, target)
        if self._is_known(cause, content):
            return "known"
        grams = dict(self.of(source))
        self._give(source, target, grams)
        for one in self.reserved.values():
            if one.holder == source:
                one.holder = target
        self.moved[cause] = (content, sum(grams.values()))
        return "moved"

    def reserve(self, purpose: str, holder: str, mix: Mix, g: int, *, is_due: bool, accepted: set[Programme]) -> str:
        if not set(mix.programmes) <= accepted:
            raise Refused("ProgrammeNotAccepted")
        asked = (holder, str(mix), g)
        if (known := self.reserved.get(purpose)) is not None:
            if known.state != "held":
                raise Refused("ReservationUsed")
            if (known.holder, *known.asked[1:]) != asked:
                raise Refused("ReservedOtherwise")
            return "known"
        grams = self._composed(holder, mix, g)
        self.of(holder).subtract(grams)
        self.reserved[purpose] = Held(holder, grams, asked, is_due)
        return "held"

    def release(self, purpose: str) -> bool:
        if purpose not in self.reserved or self.reserved[purpose].state != "held":
            return False
        one = self.reserved.pop(purpose)
        self.of(one.holder).update(one.grams)
        return True

    def expire(self) -> int:
        return sum(self.release(purpose) for purpose, one in list(self.reserved.items()) if one.is_due)

    def request(self, purpose: str) -> bool:
        if purpose not in self.reserved or self.reserved[purpose].state != "held":
            return False
        self.reserved[purpose].state = "used"
        self.requested.add(purpose)
        return True

    def settle(self, purposes: set[str]) -> int:
        settled = purposes & self.requested
        for purpose in settled:
            self.retired.update(self.reserved[purpose].grams)
        self.requested -= settled
        return len(settled)

    def accounts(self) -> dict[tuple[str, int], int]:
        """Every account that is not empty, by path without its lot, and lot."""
        aside: Counter[int] = Counter()
        for purpose, one in self.reserved.items():
            if one.state == "held" or purpose in self.requested:
                aside.update(one.grams)
        books = {"source": self.source, "reserved": aside, "retired": self.retired} | {
            "inventory" if holder == "platform" else f"held:{holder}": grams for holder, grams in self.has.items()
        }
        return {(path, lot): grams for path, held in books.items() for lot, grams in held.items() if grams}

    def _is_known(self, cause: str, content: tuple[object, ...]) -> bool:
        if cause in self.moved and self.moved[cause][0] != content:
            raise Refused("CauseTaken")
        return cause in self.moved

    def _give(self, source: str, target: str, grams: Grams) -> None:
        self.of(source).subtract(grams)
        self.of(target).update(grams)

    def _composed(self, holder: str, mix: Mix, g: int) -> Grams:
        amounts = [part.amount for part in mix.parts]
        if mix.kind is MixKind.MASS and sum(amounts) != g:
            raise Refused("MixUnfit")
        if mix.kind is MixKind.SHARE:
            amounts = self._rounded([Fraction(g * amount, 10_000) for amount in amounts], g)
        taken: Grams = {}
        for number, programme in enumerate(mix.programmes):
            is_any = mix.kind is MixKind.PREFERENCE
            wanted = g - sum(taken.values()) if is_any else amounts[number]
            for lot in sorted(self.lots, key=lambda lot: (self.lots[lot][1], lot)):
                if self.lots[lot][0] is programme and (part := min(wanted, self.of(holder)[lot])):
                    taken[lot] = part
                    wanted -= part
            if wanted and not is_any:
                raise Refused("CreditsExhausted")
        if sum(taken.values()) < g:
            raise Refused("CreditsExhausted")
        return taken

    @staticmethod
    def _rounded(exact: list[Fraction], whole: int) -> list[int]:
        """One gram after the other to whoever lacks most of theirs, the earlier first."""
        parts = [int(part) for part in exact]
        while sum(parts) < whole:
            lacks = [wanted - part for wanted, part in zip(exact, parts, strict=True)]
            parts[lacks.index(max(lacks))] += 1
        return parts
