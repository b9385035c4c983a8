"""The verbs about what an organisation holds: list, buy, transfer, retire, approve, return."""

import json
from datetime import datetime

import click

from app.cli.arguments import TypedGroup
from app.cli.output import line, say
from app.cli.setup import credentials, done, read_language, read_settings
from app.kernel import mass, money
from app.kernel.ids import public
from app.kernel.money import Currency
from app.registry.credits.rules import Programme

_EMAIL = "DIANDIAN_OPERATOR_EMAIL"
_BY = click.option(
    "--by",
    "email",
    envvar=_EMAIL,
    required=True,
    help=f"Who acts (or {_EMAIL}); asks for the password.",
)
_KEY = click.option("--key", help="One key, one act; by default the same wish on the same day is one.")
_PROGRAMME = click.option(
    "--programme", required=True, type=click.Choice([one.value for one in Programme]), help="Of which programme."
)
_GRAMS = click.option("--grams", required=True, type=click.IntRange(1, 10**15), help="How many grams.")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("holding", cls=TypedGroup)
def holding_group() -> None:
    """What your organisations hold: bought ahead, given away, retired without paying again, given back."""


@holding_group.command("list")
@_BY
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_holdings(*, email: str, as_json: bool) -> None:
    """The accounts of your organisations (acc_…), with what is free in them by lot."""
    from app.cli import holdings

    found = done(holdings.listed(read_settings(), who=credentials(email)))
    if as_json:
        told = [
            {
                "id": public("acc", one.id),
                "owner": public("org", one.owner_id),
                "account": str(one.account),
                "balances": [{"programme": b.programme, "lot": b.lot_id, "grams": b.mass_g} for b in balances],
            }
            for one, balances in found
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one, balances in found:
        line(f"{public('acc', one.id)} · {mass.text(sum(each.mass_g for each in balances))}")
        for each in balances:
            line(
                f"  {each.programme.value} · {say('批次', 'lot')} {each.lot_id} · {mass.text(each.mass_g)} ({each.mass_g:,} g)"
            )
    if not found:
        line(say("没有持有账户。", "There is no account."))


@holding_group.command("buy")
@click.argument("organisation")
@_PROGRAMME
@_GRAMS
@click.option(
    "--currency", default="CNY", show_default=True, type=click.Choice(["CNY", "USD"]), help="What it is paid in."
)
@_BY
@_KEY
def buy(*, organisation: str, programme: str, grams: int, currency: str, email: str, key: str | None) -> None:
    """Order grams into the holding of ORGANISATION (org_…); `diandian order pay` shows the code."""
    from app.cli import holdings

    who, language = credentials(email), read_language()
    order = done(
        holdings.buy(
            read_settings(), organisation, Programme(programme), grams, language, Currency(currency), who=who, key=key
        )
    )
    number, amount = public("ord", order.id), money.text(order.amount_minor, Currency(order.currency))
    line(f"{number} · {mass.text(order.mass_g)} · {amount} · {order.shown_state}")


@holding_group.command("transfer")
@click.argument("source")
@click.argument("target")
@_PROGRAMME
@_GRAMS
@click.option("--reason", required=True, help="Why; kept with the transfer.")
@_BY
@_KEY
def transfer(*, source: str, target: str, programme: str, grams: int, reason: str, email: str, key: str | None) -> None:
    """Move free grams from SOURCE (acc_…) to TARGET: an account, or a verified organisation (org_…)."""
    from app.cli import holdings

    moved = done(
        holdings.transfer(
            read_settings(), source, target, Programme(programme), grams, reason=reason, who=credentials(email), key=key
        )
    )
    line(say(f"已划转 {mass.text(moved.mass_g)}", f"moved {mass.text(moved.mass_g)}"))


@holding_group.command("retire")
@click.argument("account")
@_PROGRAMME
@_GRAMS
@click.option("--scene", required=True, help="The scene's code.")
@click.option(
    "--purpose",
    required=True,
    type=click.Choice(["organisation", "event", "product", "site", "meeting"]),
    help="What is claimed.",
)
@click.option("--subject", help="What within the scene; public.")
@click.option("--from", "begins", required=True, type=_DAY, help="The first day of the claimed period.")
@click.option("--to", "ends", required=True, type=_DAY, help="Its last day.")
@click.option(
    "--emission-grams", required=True, type=click.IntRange(0, 10**15), help="What was emitted; 0: nobody states it."
)
@_BY
@_KEY
def retire(
    *, account: str, programme: str, grams: int, scene: str, purpose: str, subject: str | None, begins: datetime,
    ends: datetime, emission_grams: int, email: str, key: str | None,
) -> None:  # fmt: skip
    """Retire grams of ACCOUNT (acc_…) for its owner, without paying again; a certificate follows.

    Above the limit of the settings it waits for another of the owner's people: `diandian holding approve`.
    """
    from app.cli import holdings

    asked = holdings.Asked(
        account=account, scene=scene, purpose=purpose, subject=subject, period_from=begins.date(),
        period_to=ends.date(), emission_g=emission_grams,
    )  # fmt: skip
    who, language = credentials(email), read_language()
    told = done(holdings.retire(read_settings(), asked, Programme(programme), grams, language, who=who, key=key))
    if isinstance(told, str):
        line(say(f"已申请注销：{told}", f"requested: {told}"))
        return
    number = public("apr", told.id)
    line(say(f"须由本机构另一人复核：{number}", f"another of your people must agree: {number}"))
    line(f"  diandian holding approve {number} {told.sha256}")


@holding_group.command("approve")
@click.argument("proposal")
@click.argument("digest")
@_BY
def approve(*, proposal: str, digest: str, email: str) -> None:
    """Agree to the retirement PROPOSAL (apr_…), by the DIGEST of what you were shown; it is retired at once."""
    from app.cli import holdings

    cause = done(holdings.approve(read_settings(), proposal, digest, who=credentials(email)))
    line(say(f"已同意，注销已申请：{cause}", f"agreed, and requested: {cause}"))


@holding_group.command("return")
@click.argument("number")
@_GRAMS
@click.option("--line", "line_no", default=1, show_default=True, type=click.IntRange(1, 200), help="Which line.")
@_BY
@_KEY
def give_back(*, number: str, grams: int, line_no: int, email: str, key: str | None) -> None:
    """Give grams of the order NUMBER (ord_…) back, as far as they are free; their money goes back to the payer."""
    from app.cli import holdings

    back = done(holdings.give_back(read_settings(), number, grams, line_no=line_no, who=credentials(email), key=key))
    amount = money.text(back.amount_minor, back.currency)
    line(
        say(
            f"已退回 {mass.text(back.mass_g)}，退款 {amount}",
            f"{mass.text(back.mass_g)} are back, and {amount} with them",
        )
    )
