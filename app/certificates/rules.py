"""What stands in a certificate's record, and its numbers. Pure.

The record is frozen when the certificate is issued: page, PDF, PNG and API all show it and nothing else.
It holds no name; a name, where one was given, lies sealed beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from app.certificates.naming_rules import Naming, named_by
from app.foundation.identity import PartyCard, PartyKind
from app.kernel import graphemes
from app.kernel.clock import rfc3339
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Language, Text
from app.registry import claims, retirements
from app.registry.claims import ClaimFacts, FigureReach, Mandate, Reach, TrueUpState
from app.registry.credits import LotFacts, Programme
from app.registry.retirements import Funding, told_purpose

RECORD_VERSION: Final = 5
"""2 adds the parties, the mandate, the detail of the subject and the verdict; 3 how far the claim reaches, and of each
organisation whether it is verified and of the beneficiary who names it; 4 the layer; 5 of a scene in a zone what the
zone's papers bear."""
HONORARY: Final = "H"
"""Register of the electronic honour certificates (电子荣誉证书) of persons."""
STATEMENT: Final = "S"
"""Register of the statements (证明书) of organisations."""
VERIFY_CODE_LENGTH: Final = 10
"""Nine random characters and the check character: 45 bits."""

ANONYMOUS: Final = Text(zh="访客", en="Visitor")
"""The name on a certificate where its holder gave none."""


_HONOUR: Final = Text(zh="碳中和电子荣誉证书", en="Certificate of Carbon Neutrality")
_HONOUR_IN_PART: Final = Text(zh="碳抵消电子荣誉证书", en="Certificate of Carbon Offsetting")
_STATEMENTS: Final = {
    "neutral": Text(zh="碳中和证明书", en="Statement of Carbon Neutrality"),
    "offset": Text(zh="碳抵消证明书", en="Statement of Carbon Offsetting"),
    "part": Text(zh="碳抵消证明书", en="Statement of Carbon Offsetting"),
    "honorary": Text(zh="碳信用注销证明书", en="Statement of Credit Retirement"),
}
"""By level: what an organisation may call it."""
_OWN: Final = Text(zh="自行支付", en="Paid by the holder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues, and where the certificates can be verified."""

    name: Text
    public_url: str
    """Scheme and host, without a slash at the end."""
    is_sandbox: bool
    """Everything that comes out of a sandbox says SANDBOX 样张."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Grams [start_g, stop_g) of a lot, with what is printed about the lot."""

    lot: LotFacts
    start_g: int
    stop_g: int
    is_cancelled_upstream: bool = False
    """All of them, at the registry, when the certificate is issued."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who paid, whose credits they were, who may claim it."""

    payer: PartyCard
    holder: PartyCard
    beneficiary: PartyCard
    mandate: Mandate | None
    agrees: bool | None = None
    """What the beneficiary's own members said last about being named."""

    @property
    def naming(self) -> Naming | None:
        """By whose word the beneficiary is named; None of a person."""
        if self.beneficiary.kind is PartyKind.PERSON:
            return None
        is_own = self.payer.id == self.beneficiary.id
        return named_by(is_own=is_own, has_mandate=self.mandate is not None, agrees=self.agrees)

    @property
    def series(self) -> str:
        """The register: persons are honoured, organisations state."""
        return HONORARY if self.beneficiary.kind is PartyKind.PERSON else STATEMENT


@dataclass(frozen=True, slots=True)
class Superseded:
    """An earlier version of a certificate."""

    number: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a record is made of."""

    retirement_number: str
    claim: ClaimFacts
    """With the emission that this paper states."""
    funding: Funding
    subject: Text
    """The scene."""
    organiser: Text
    scenario_code: str
    mass_g: int
    basis: Text
    calculator: str
    factor_set: str
    parties: Parties
    besides_g: int = 0
    """What other retirements were made for the same claim."""
    supersedes: Superseded | None = None
    """The certificate that this one takes the place of, because the actual figure is known now."""
    verdict: retirements.Verdict | None
    """What a rule profile said of the claim; None where nothing was claimed."""
    cuts: Sequence[Cut]
    retired_at: datetime
    zone: Mapping[str, object] | None = None
    """What papers of the scene's zone bear (`zone_edition`); None: it is in none."""


def contents(facts: Facts) -> dict[str, Any]:
    """What a neutrality paper says."""
    claim, level, reach = facts.claim, _level(facts), _reach(facts)
    return {
        "version": RECORD_VERSION,
        "kind": "honorary" if facts.parties.series == HONORARY else "statement",
        "level": level,
        "title": _text(_title(facts, level)),
        "coverage": {"retired_g": reach.retired_g, "percent": reach.percent, "is_full": reach.is_full},
        "verdict": _verdict(facts),
        "subject": _text(facts.subject),
        "organiser": _text(facts.organiser),
        "scenario_code": facts.scenario_code,
        "purpose": told_purpose(claim.purpose, facts.funding),
        "subject_detail": claim.subject,
        "layer": claim.layer.value,
        "period": {"from": claim.period_from.isoformat(), "to": claim.period_to.isoformat()},
        "emission_g": claim.emission_g,
        "mass_g": facts.mass_g,
        "besides_g": facts.besides_g,
        "basis": {**_text(facts.basis), "calculator": facts.calculator, "factor_set": facts.factor_set},
        "lines": [_line(cut) for cut in facts.cuts],
        "retirement_number": facts.retirement_number,
        "retired_at": rfc3339(facts.retired_at),
        "payer": _text(payer_line(facts.parties)),
        "parties": _parties(facts.parties),
        **({"zone": facts.zone} if facts.zone is not None else {}),
    }


def payer_line(parties: Parties) -> Text:
    """Who paid, in words: organisations by name, a person never."""
    payer = parties.payer
    if payer.id == parties.beneficiary.id:
        return Text(zh="本人支付", en="Paid by the holder") if payer.name is None else _OWN
    if payer.name is None:
        return Text(zh="由他人支付", en="Paid by somebody else")
    return Text(zh=f"由{payer.name.zh}支付", en=f"Paid by {payer.name.en}")


def read_record(record: str) -> dict[str, Any]:
    """The record as plain JSON types."""
    read: dict[str, Any] = msgspec.json.decode(record)
    return read


def programme_shown(line: Mapping[str, Any], language: Language, *, with_name: bool = False) -> str:
    """How a record's line names its programme: by its letters, `with_name` followed by what they stand for.

    A programme that is not traded under letters, and whose record holds our own word for it, is shown by its name.
    """
    programme = Programme(line["programme"])
    letters, name = programme.short.in_(language), str(line["programme_name"][language.value])
    if letters != programme.value:
        return name
    return f"{letters} {name}" if with_name else letters


def masked(name: str) -> str:
    """A name as strangers see it: its first letter and a star; of a name of one letter only the star."""
    return "*" * bool(name) if len(graphemes.letters(name)) < 2 else f"{graphemes.initial(name)}*"


def serials_of(cut: Cut) -> str:
    """The numbers of the registry's tonnes that the grams lie in: `#113` or `#113 – #115`.

    Gram g of a lot lies in tonne g // 1 000 000, counted from the lot's first.
    """
    first = cut.lot.block_start + cut.start_g // GRAMS_PER_TONNE
    last = cut.lot.block_start + (cut.stop_g - 1) // GRAMS_PER_TONNE
    return f"#{first}" if first == last else f"#{first} – #{last}"


def _line(cut: Cut) -> Mapping[str, object]:
    lot = cut.lot
    years = {lot.vintage_start.year, lot.vintage_end.year}
    return {
        "programme": lot.programme.value,
        "programme_name": _text(lot.programme.meaning),
        "project": _text(lot.project),
        "project_number": lot.project_number,
        "methodology": lot.methodology,
        "place": _text(lot.place),
        "vintage": "–".join(str(year) for year in sorted(years)),
        "lot": lot.code,
        "serial": lot.serial_raw,
        "tonnes": serials_of(cut),
        "start_g": cut.start_g,
        "stop_g": cut.stop_g,
        "mass_g": cut.stop_g - cut.start_g,
        "upstream": "cancelled" if cut.is_cancelled_upstream else "pending",  # as of the day of issue
    }


def reach_of(record: Mapping[str, Any]) -> Reach:
    """How far the claim of a record reaches; of records before version 3 by the same figures."""
    return Reach(record.get("emission_g", 0), record["mass_g"] + record.get("besides_g", 0))


def may_say_neutral(record: Mapping[str, Any], figure: FigureReach | None = None) -> bool:
    """Whether 中和 may be said of it today: never below full coverage, nor while its actual figure is short or lapsed; of an
    organisation's claim where a profile grants it."""
    if figure is not None and not figure.holds:
        return False
    return reach_of(record).is_full and (record["kind"] == "honorary" or record["level"] == "neutral")


def title_now(record: Mapping[str, Any], figure: FigureReach | None) -> Text:
    """What the certificate calls itself; while its actual figure is short or lapsed, what it may be called today."""
    if figure is None or figure.holds:
        return Text(**record["title"])
    if figure.state is TrueUpState.LAPSED:
        return _STATEMENTS["honorary"]
    return _with_coverage(_STATEMENTS["part"], figure.reach)


def _reach(facts: Facts) -> Reach:
    return Reach(facts.claim.emission_g, facts.mass_g + facts.besides_g)


def _level(facts: Facts) -> str:
    """How much may be said: of an organisation's claim `neutral` where a profile grants it, `honorary` where it stops the
    claim or nobody said how much was emitted, else what the figures say; and never more than they say."""
    reach = _reach(facts)
    measured = "offset" if reach.is_full else "part"
    if facts.parties.series == HONORARY:
        return measured
    if facts.verdict is None:
        return measured if reach.is_stated else "honorary"
    title = claims.title(claims.read_document(facts.verdict.document), is_trued_up=facts.supersedes is not None)
    if title is None or not reach.is_stated:
        return "honorary"
    return "neutral" if title.level is claims.Level.NEUTRAL and reach.is_full else measured


def _title(facts: Facts, level: str) -> Text:
    """What the paper calls itself; below full coverage an offset, with the figure."""
    reach, is_honour = _reach(facts), facts.parties.series == HONORARY
    if level != "part":
        return _HONOUR if is_honour else _STATEMENTS[level]
    offset = _HONOUR_IN_PART if is_honour else _STATEMENTS["part"]
    return _with_coverage(offset, reach)


def _with_coverage(title: Text, reach: Reach) -> Text:
    if reach.percent is None:
        return title
    return Text(zh=f"{title.zh}（覆盖 {reach.percent}%）", en=f"{title.en} ({reach.percent} %)")


def _verdict(facts: Facts) -> Mapping[str, object] | None:
    """The profile, what it said rule by rule, and the digest of the document with its reasons."""
    if (verdict := facts.verdict) is None:
        return None
    found = claims.read_document(verdict.document)
    title = claims.title(found, is_trued_up=facts.supersedes is not None)
    return {
        "profile": verdict.profile,
        "version": verdict.version,
        "judged_on": verdict.judged_on.isoformat(),
        "standing": claims.standing(found).value,
        "pending": title is not None and title.is_pending,
        "findings": [[one.rule.value, one.verdict.value, one.severity.value] for one in found.findings],
        "sha256": sha256(verdict.document.encode()).hexdigest(),
    }


def _parties(parties: Parties) -> Mapping[str, object]:
    """Organisations with their roles, each once; of persons only which roles they have."""
    roles: dict[str, list[str]] = {"payer": [], "holder": [], "beneficiary": []}
    by_id: dict[object, tuple[PartyCard, list[str]]] = {}
    for role in roles:
        card: PartyCard = getattr(parties, role)
        by_id.setdefault(card.id, (card, []))[1].append(role)
    mandate, naming = parties.mandate, parties.naming
    named, unnamed = [], []
    for card, names in by_id.values():
        if card.name is None:
            continue
        if "beneficiary" not in names or naming is None:
            named.append({"roles": names, "name": _text(card.name), "is_verified": card.is_verified})
        elif naming.is_named:
            told = {"roles": names, "name": _text(card.name), "is_verified": card.is_verified, "naming": naming.value}
            named.append(told)
        else:
            unnamed.append({"roles": names, "naming": naming.value})
    return {
        "named": named,
        "unnamed": unnamed,
        "persons": [names for card, names in by_id.values() if card.name is None],
        "mandate": None
        if mandate is None
        else {
            "ground": mandate.ground,
            "document": mandate.document,
            "sha256": mandate.sha256.hex() if mandate.sha256 else None,
        },
    }


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
