"""What was judged of one retirement, at the terminal: by its number, or by its certificate's verification code."""

import json
from typing import TYPE_CHECKING, Any

import click

from app.cli.output import line, read_language, say
from app.cli.words import word

if TYPE_CHECKING:
    from app.kernel.text import Language
    from app.registry.claims import Reach, Verdicts
    from app.registry.retirements import Judged
    from config.settings import Settings

_NUMBER_STARTS = "R-"


async def find(settings: "Settings", reference: str) -> "Judged":
    """The retirement of a number, or behind a code as it was typed, with every verdict that was kept.

    Raises:
        RetirementUnknown, CertificateUnknown: there is none.
        SettingsUnfit: production, and the database is not fit for it.
    """
    from app import certificates
    from app.certificates.rules import read_record
    from app.cli.setup import database
    from app.kernel.typed import typed_code
    from app.registry import retirements

    async with database(settings):
        number = typed_code(reference).upper()
        if not number.startswith(_NUMBER_STARTS):
            number = read_record((await certificates.verify(reference)).record_json)["retirement_number"]
        return await retirements.recall(number)


async def name(
    settings: "Settings", number: str, credentials: tuple[str, str], *, agrees: bool, language: "Language"
) -> str:
    """Say whether an organisation agrees to be named, as one of its members; answers the line that tells it.

    Raises:
        WrongCredentials, SignInLocked, PasswordsCrowded, CodeWrong, FactorMissing, TokenExpired: as `acting`.
        RetirementUnknown, NamingForbidden: see the room.
    """
    from app.cli.setup import database
    from app.cli.signing_in import acting
    from app.kernel.clock import rfc3339
    from app.kernel.text import Text
    from app.registry import retirements

    async with database(settings), acting(settings, credentials) as by:
        at = await retirements.say_naming(number, agrees=agrees, by=by)
    said = (
        Text(zh="已同意署名", en="agreed to be named") if agrees else Text(zh="反对署名", en="objects to being named")
    )
    return f"{number}  {said.in_(language)}  {rfc3339(at)}"


def print_findings(judged: "Judged", *, as_json: bool) -> None:
    """Every verdict with its findings on standard output, the latest last, and how the claim stands now."""
    from app.cli.claims.printing import STAGES, print_figure, print_verdicts
    from app.registry import claims

    if as_json:
        click.echo(json.dumps(_as_document(judged), ensure_ascii=False, indent=2))
        return
    language = read_language()
    line(f"{judged.number} · {word(judged.state.value)}")
    if judged.figure is not None:
        print_figure(judged.figure)
    else:
        _print_reach(judged.reach)
    if not judged.verdicts:
        told = say("未作判定：没有作出声明", "not judged: nothing is claimed")
        line(say("未作判定", "not judged") if judged.is_claim else told)
    for verdict in judged.verdicts:
        found, stage = claims.read_document(verdict.document), STAGES[verdict.stage]
        on = say(f"{verdict.judged_on} 判定", f"judged {verdict.judged_on}")
        line(f"\n{stage.in_(language)} · {verdict.profile} {verdict.version} · {on}\n")
        reach = _reach_then(found, judged) if judged.figure else judged.reach
        print_verdicts(found, reach, judged.figure)
    if (now := judged.in_force) is not None:
        line("\n" + say("现状", "now") + f"  {_now(now, judged)}")


def _reach_then(found: "Verdicts", judged: "Judged") -> "Reach":
    """By the figures it was judged by."""
    from app.registry.claims import Reach, Rule

    inputs = found.of(Rule.COVERS).inputs
    if not isinstance(inputs, dict):
        return judged.reach
    return Reach(inputs.get("emission_g") or 0, inputs.get("retired_g") or judged.reach.retired_g)


def _print_reach(reach: "Reach") -> None:
    from app.kernel import mass

    emission = f"{mass.exact_t(reach.emission_g)} t" if reach.is_stated else "–"
    retired = f"{mass.exact_t(reach.retired_g)} t"
    line(say(f"排放 {emission} · 注销 {retired}", f"emitted {emission} · retired {retired}"))
    line(reach.text.in_(read_language()))


def _as_document(judged: "Judged") -> dict[str, Any]:
    from app.cli.claims.printing import figure_json, reach_json

    return {
        "retirement": judged.number,
        "state": judged.state.value,
        "claimed": judged.is_claim,
        "coverage": reach_json(judged.reach),
        "figure": figure_json(judged.figure),
        "judged": [
            {
                "stage": one.stage.value,
                "profile": one.profile,
                "version": one.version,
                "judged_on": one.judged_on.isoformat(),
                "verdicts": json.loads(one.document),
            }
            for one in judged.verdicts
        ],
        "now": _present_document(judged),
    }


def _now(found: "Verdicts", judged: "Judged") -> str:
    from app.cli.claims.printing import STANDINGS
    from app.registry import claims

    found_standing = claims.standing(found)
    mark = STANDINGS[claims.standing_now(found_standing, judged.figure)]
    standing = claims.stated(found_standing, judged.reach, judged.figure)
    may_be = claims.called(claims.title(found, is_trued_up=judged.is_trued_up), judged.figure)
    called = f" · {may_be.in_(read_language())}" if may_be else ""
    return f"{mark} {standing.in_(read_language())}{called}"


def _present_document(judged: "Judged") -> dict[str, Any] | None:
    from app.registry import claims

    if (found := judged.in_force) is None:
        return None
    title, figure = claims.title(found, is_trued_up=judged.is_trued_up), judged.figure
    may_be = claims.called(title, figure)
    is_final = title.is_final if title else found.is_final
    return {
        "stage": found.stage.value,
        "standing": claims.standing_now(claims.standing(found), figure).value,
        "title": {"zh": may_be.zh, "en": may_be.en} if may_be else None,
        "is_final": is_final and not (figure is not None and figure.state is claims.TrueUpState.SHORT),
    }
