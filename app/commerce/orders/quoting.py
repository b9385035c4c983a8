"""What a joint order would take and cost, before anybody places it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from app.commerce.orders.checking import check
from app.commerce.orders.writing import NewJointOrder
from app.kernel.clock import Clock, beijing_day
from app.kernel.money import Currency
from app.registry import credits, holdings
from app.registry.credits import LotFacts, PerTonne, Programme, Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedPrice:
    """How much of one programme a line would take, from which lots, at which price."""

    programme: Programme
    mass_g: int
    lots: tuple[tuple[LotFacts, int], ...]
    """Each with its grams, the oldest vintage first; together `mass_g` less `missing_g`."""
    missing_g: int
    per_tonne: PerTonne | None
    """None: no price today."""
    amount_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A joint order as it would be now; nothing is held by it."""

    lines: tuple[tuple[QuotedPrice, ...], ...]
    """The prices of each line, in the order's own order."""
    currency: Currency

    @property
    def rate(self) -> Rate | None:
        """By which what is rated is priced."""
        return next(
            (one.per_tonne.rate for line in self.lines for one in line if one.per_tonne and one.per_tonne.rate), None
        )

    @property
    def mass_g(self) -> int:
        """What all lines would retire."""
        return sum(price.mass_g for line in self.lines for price in line)

    @property
    def amount_minor(self) -> int | None:
        """What all of it would cost; None where a programme has no price."""
        amounts = [price.amount_minor for line in self.lines for price in line]
        return None if None in amounts else sum(amount for amount in amounts if amount is not None)

    @property
    def missing(self) -> Mapping[Programme, int]:
        """The grams of each programme that are not there."""
        lacking: Counter[Programme] = Counter()
        for line in self.lines:
            for price in line:
                lacking[price.programme] += price.missing_g
        return {programme: grams for programme, grams in lacking.items() if grams > 0}

    @property
    def unpriced(self) -> tuple[Programme, ...]:
        """The programmes without a price today."""
        return tuple(dict.fromkeys(price.programme for line in self.lines for price in line if price.per_tonne is None))

    @property
    def can_be_placed(self) -> bool:
        """Whether nothing is missing at this moment."""
        return not self.missing and not self.unpriced


async def quote_joint(order: NewJointOrder, *, clock: Clock) -> Quotation:
    """Lines, lots and prices as `place_joint` would find them now; it reads only.

    Credits and prices that are missing are told in the answer, so that a person sees all of them at once.

    Raises:
        LinesUnfit, MassUnfit, MixUnfit, ProgrammeNotAccepted, PeriodUnfit, MandateMissing, MandateUnfit, SubjectUnfit,
        PartyUnknown, RateUnknown, RateTooOld: as `place_joint`.
    """
    await check(order)
    foreseen = await holdings.foresee([(line.mass_g, line.mix) for line in order.lines])
    lots = await credits.describe_lots(portion.lot_id for line in foreseen for cut in line for portion in cut.portions)
    prices = await credits.price_all(
        {cut.programme for line in foreseen for cut in line}, currency=order.currency, on=beijing_day(clock()),
        rate_days=order.rate_days,
    )  # fmt: skip
    priced = [(cut.mass_g, prices[cut.programme]) for line in foreseen for cut in line if cut.programme in prices]
    amounts = iter(credits.amounts_minor(priced))
    return Quotation(
        currency=order.currency,
        lines=tuple(
            tuple(
                QuotedPrice(
                    programme=cut.programme,
                    mass_g=cut.mass_g,
                    lots=tuple((lots[portion.lot_id], portion.mass_g) for portion in cut.portions),
                    missing_g=cut.missing_g,
                    per_tonne=prices.get(cut.programme),
                    amount_minor=next(amounts) if cut.programme in prices else None,
                )
                for cut in line
            )
            for line in foreseen
        ),
    )
