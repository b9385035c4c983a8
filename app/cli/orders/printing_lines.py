"""How one line of an order is told at a terminal: its prices and lots, what is held, and what could be given back."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from app.cli import output
from app.cli.columns import cut
from app.commerce.orders import NewHoldLine, QuotedPrice
from app.kernel import mass, money
from app.kernel.ids import public
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.registry.credits import LotFacts
from app.views.orders.order_lines import HoldLineShown, HoldLineState, PriceShown

WIDTH: Final = 78
_HELD: Final[Mapping[HoldLineState, tuple[str, str, Text]]] = {
    HoldLineState.WAITING: ("…", "yellow", Text(zh="待付款", en="to be paid")),
    HoldLineState.ARRIVING: ("…", "yellow", Text(zh="存入中", en="on its way")),
    HoldLineState.HELD: ("✔", "green", Text(zh="已存入", en="held")),
    HoldLineState.RETURNED: ("✘", "red", Text(zh="已退回", en="given back")),
}
Say = Callable[[str, str], str]


def print_prices(prices: tuple[QuotedPrice, ...], currency: Currency, language: Language) -> None:
    """Each programme with its price, its lots, and what is missing."""
    say = say_in(language)
    for one in prices:
        price, amount = say("价格未知", "no price"), ""
        if one.per_tonne is not None and one.amount_minor is not None:
            listed_in = one.per_tonne.rate.base if one.per_tonne.rate else currency
            price = f"× {money.text(one.per_tonne.minor, listed_in)}/t"
            amount = money.text(one.amount_minor, currency)
        output.side_by_side(f"    {one.programme.value:<8} {mass.exact_t(one.mass_g)} t {price}", amount, width=WIDTH)
        for lot, mass_g in one.lots:
            detail(_lot(lot, mass_g, language), at=6)
        if one.missing_g:
            bad("     " + say(f"缺 {mass.exact_t(one.missing_g)} t", f"{mass.exact_t(one.missing_g)} t short"))


def print_hold(
    no: int, hold: NewHoldLine, prices: tuple[QuotedPrice, ...], currency: Currency, language: Language
) -> None:
    """What would be held, in which account."""
    say = say_in(language)
    output.side_by_side(bold(f" {no}  {say('持有', 'to hold')}"), bold(masses(hold.mass_g)), width=WIDTH)
    detail(say("账户", "account") + f" {public('acc', hold.account_id)}")
    print_prices(prices, currency, language)


def print_prices_shown(prices: tuple[PriceShown, ...]) -> None:
    """Each programme of a line that is ordered, and what it costs."""
    for price in prices:
        what = f"    {price.programme:<8} {mass.exact_t(price.mass_g)} t × {price.per_tonne}/t"
        output.side_by_side(what, str(price.amount), width=WIDTH)


def print_held(hold: HoldLineShown, language: Language) -> None:
    """A held line of an order: in which account, how far it is, and what of it can be given back."""
    say = say_in(language)
    mark, colour, state = _HELD[hold.state]
    name = hold.account or say("本机构持有账户", "the payer's own holding")
    output.side_by_side(bold(f" {hold.no}  {cut(name, 40)}"), bold(masses(hold.mass_g)), width=WIDTH)
    print_prices_shown(hold.prices)
    output.line(f"    {click.style(f'{mark} {state.in_(language)}', fg=colour)}")
    if hold.back is not None:
        detail(say("已退回", "given back") + f" {mass.exact_t(hold.back_g)} t · {hold.back}")
    if hold.free is not None:
        detail(say("现在可退", "can be given back now") + f" {mass.exact_t(hold.free_g)} t · {hold.free}")


def prices_json(prices: tuple[QuotedPrice, ...], currency: Currency) -> list[dict[str, Any]]:
    """The same as `print_prices` for a program."""
    return [
        {
            "programme": one.programme.value,
            "grams": one.mass_g,
            "per_tonne_minor": one.per_tonne.minor if one.per_tonne else None,
            "per_tonne_currency": (one.per_tonne.rate.base if one.per_tonne.rate else currency).value
            if one.per_tonne
            else None,
            "amount_minor": one.amount_minor,
            "missing_grams": one.missing_g,
            "lots": [{"lot": lot.code, "grams": grams} for lot, grams in one.lots],
        }
        for one in prices
    ]


def _lot(lot: LotFacts, mass_g: int, language: Language) -> str:
    years = "–".join(str(year) for year in sorted({lot.vintage_start.year, lot.vintage_end.year}))
    return f"{lot.code} · {years} · {lot.project.in_(language)} · {mass.exact_t(mass_g)} t"


def masses(mass_g: int) -> str:
    """Tonnes, kilograms and grams, each exact."""
    kilograms, grams = divmod(mass_g, mass.GRAMS_PER_KG)
    exact_kg = f"{kilograms:,}" + (f".{grams:03d}" if grams else "")
    return f"{mass.exact_t(mass_g)} t = {exact_kg} kg = {mass_g:,} g"


def detail(text: str, *, at: int = 4) -> None:
    """One dim line."""
    output.line(" " * at + click.style(text, dim=True))


def good(text: str) -> None:
    """A line with a green tick."""
    output.line(f"{click.style('✔', fg='green')} {text}")


def bad(text: str) -> None:
    """A line with a red cross."""
    output.line(f"{click.style('✘', fg='red')} {text}")


def bold(text: str) -> str:
    """The text, bold."""
    return click.style(text, bold=True)


def say_in(language: Language) -> Say:
    """Says the one of two texts that is in this language."""
    return lambda zh, en: zh if language is Language.ZH else en
