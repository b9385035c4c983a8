"""Claims at the terminal: judging one from a file, or the report's 132 cases, and showing what was judged and kept."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from app.cli.arguments import TypedGroup
from app.cli.documents import read_document
from app.cli.output import line
from app.cli.setup import OWN_EMAIL, describe_error, read_language, refuse_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.kernel.errors import DomainError
    from app.registry.claims import Profile


@click.group(cls=TypedGroup)
def claims() -> None:
    """Claims: what may be called neutral, rule by rule and with reasons."""


@claims.command("judge")
@click.option(
    "--file",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A claim as JSON.",
)
@click.option("--profile", "name", help="Rule profile; the installation's own by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def judge_claim(*, path: Path, name: str | None, as_json: bool) -> None:
    """Judge the claim in a file; exit 1 where a rule stops it. docs/rooms/claims.md shows such a file."""
    from app.cli.claims.printing import judged_json, print_judged
    from app.kernel.errors import DomainError
    from app.registry import claims as room

    profiles, profile = _profiles(name)
    try:
        submission = room.read_claim(read_document(path))
    except DomainError as fact:
        _misused(fact)
    claim, lines, retired_on = submission.claim, submission.lines, submission.retired_on
    verdicts = room.judge(claim, lines, profile, retired_on=retired_on)
    weaker = room.weaker_profiles(claim, lines, profile, profiles, retired_on=retired_on)
    if as_json:
        click.echo(json.dumps(judged_json(submission, verdicts, weaker), ensure_ascii=False, indent=2))
    else:
        print_judged(submission, profile, verdicts, weaker, profiles)
    sys.exit(1 if room.blocked(verdicts) else 0)


@claims.command("annex")
@click.option("--profile", "name", help="Rule profile; the installation's own by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def judge_annex(*, name: str | None, as_json: bool) -> None:
    """Judge the 132 cases of the report's annex by what it prints of them."""
    from app.cli.claims.printing import annex_json, print_annex
    from app.registry import claims as room
    from config.places import ANNEX

    _, profile = _profiles(name)
    judged = list(room.judge_annex(room.read_annex(ANNEX.name, ANNEX.read_bytes()), profile))
    if as_json:
        click.echo(json.dumps(annex_json(profile, judged), ensure_ascii=False, indent=2))
    else:
        print_annex(profile, judged)


@claims.command("show")
@click.argument("reference")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def show_judged(*, reference: str, as_json: bool) -> None:
    """Show what was judged of a retirement, rule by rule, as it was frozen with it.

    REFERENCE is its number (R-20261122-7K3M9QFX) or the verification code of its certificate; exit 1 where there is none.
    """
    from app.cli.claims.findings import find, print_findings
    from app.cli.setup import done, read_settings

    print_findings(done(find(read_settings(), reference)), as_json=as_json)


@claims.command("name")
@click.argument("number")
@click.option("--agree/--object", "agrees", required=True, default=None, help="What the organisation says.")
@click.option(
    "--by", "email", required=True, envvar=OWN_EMAIL, help="Email of a member of the organisation that benefits."
)
def say_naming(*, number: str, agrees: bool, email: str) -> None:
    """Agree or object, in your organisation's name, to being named with the retirement NUMBER."""
    from app.cli.claims.findings import name
    from app.cli.setup import credentials, done, read_settings

    line(done(name(read_settings(), number, credentials(email), agrees=agrees, language=read_language())))


def _profiles(name: str | None) -> "tuple[Mapping[str, Profile], Profile]":
    """Every profile, and the one that was asked for."""
    from app.kernel.errors import DomainError
    from app.registry import claims as room
    from config.loading import load
    from config.places import RULES
    from config.settings import SettingsUnfit

    try:
        settings = load()
        profiles = room.load_profiles(RULES)
        return profiles, room.choose(profiles, name or settings.rule_profile)
    except SettingsUnfit as unfit:
        refuse_settings(unfit.faults)
    except DomainError as fact:
        _misused(fact)


def _misused(fact: "DomainError") -> NoReturn:
    """Tell a refusal with its code, and leave with 2."""
    raise click.UsageError(describe_error(fact, read_language())) from fact
