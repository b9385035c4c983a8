"""Lots, subject and parties of a frozen record as pages show them."""

from typing import Any

from app import certificates
from app.certificates.naming_rules import UNNAMED
from app.certificates.rules import programme_shown, reach_of
from app.kernel.text import Language
from app.registry import claims
from app.registry.claims import FigureReach
from app.views.certificates.record import JudgedClaim, Mandate, PartyLine, PartyRole, ReachLine, SliceLine, Standing


def slice_lines(record: dict[str, Any], language: Language) -> tuple[SliceLine, ...]:
    """Every lot the certificate took from, with its grams."""
    return tuple(
        SliceLine(
            programme=programme_shown(line, language),
            project=line["project"][language.value],
            lot=line["lot"],
            serial=f"{line['serial']} {line['tonnes']}",
            start_g=line["start_g"],
            stop_g=line["stop_g"],
        )
        for line in record["lines"]
    )


def subject(record: dict[str, Any], language: Language) -> str:
    """The scene, and what within it was made neutral."""
    title: str = record["subject"][language.value]
    detail = record.get("subject_detail")
    return f"{title} · {detail}" if detail else title


def party_lines(record: dict[str, Any], language: Language, *, beneficiary: str | None = None) -> tuple[PartyLine, ...]:
    """Payer, holder and beneficiary where they are not all the same; of records before version 2 nothing.

    `beneficiary` is how an organisation that may claim it is told today.
    """
    parties = record.get("parties")
    unnamed = (parties or {}).get("unnamed", ())
    if parties is None or len(parties["named"]) + len(parties["persons"]) + len(unnamed) == 1:
        return ()
    names: dict[str, str | None] = {role: None for roles in parties["persons"] for role in roles}
    names |= {role: UNNAMED.in_(language) for party in unnamed for role in party["roles"]}
    names |= {role: party["name"][language.value] for party in parties["named"] for role in party["roles"]}
    if beneficiary is not None:
        names[PartyRole.BENEFICIARY] = beneficiary
    return tuple(PartyLine(role=role, name=names[role]) for role in PartyRole)


def mandate(record: dict[str, Any]) -> Mandate | None:
    """On which ground the payer paid, where that is told."""
    told = (record.get("parties") or {}).get("mandate")
    return Mandate(ground=told["ground"], document=told["document"], sha256=told["sha256"]) if told else None


def judged(record: dict[str, Any], told: certificates.Explanation | None, language: Language) -> JudgedClaim | None:
    """What a rule profile says of the claim now, where one was made and judged."""
    if told is None or record.get("verdict") is None:
        return None
    found = told.in_force
    assert found is not None, "what the record names was kept"
    standing = claims.standing(found)
    called = claims.called(claims.title(found, is_trued_up=told.is_trued_up), told.figure)
    return JudgedClaim(
        profile=f"{found.profile}@{found.version}",
        standing=Standing(claims.standing_now(standing, told.figure).value),
        told=claims.stated(standing, reach_of(record), told.figure).in_(language),
        called=called.in_(language) if called else None,
    )


def reach(record: dict[str, Any], language: Language, figure: FigureReach | None = None) -> ReachLine:
    """What was emitted, retired, covered and claimed: by the actual figure where there is one, else by the record."""
    found = figure.reach if figure else reach_of(record)
    return ReachLine(
        emission_g=found.emission_g,
        retired_g=found.retired_g,
        told=(figure.coverage if figure else found.text).in_(language),
        is_full=found.is_full,
        notes=tuple(certificates.claim_notes(record, language)),
    )
