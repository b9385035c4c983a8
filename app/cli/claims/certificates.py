"""Checking one certificate by its code, as anybody may; the answer holds no name."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import click
from tortoise import Tortoise

from app import certificates, wiring
from app.cli.claims.printing import figure_json, print_figure
from app.cli.columns import padded
from app.cli.output import line, say
from app.cli.words import word
from app.kernel import mass
from app.registry import cancellations
from app.registry.cancellations import Span
from app.registry.claims import FigureReach
from app.views.certificates.figures import figures_of
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Found:
    """What the register says."""

    record: dict[str, Any]
    sha256: str
    is_whole: bool
    """Whether the kept record still has the digest it was issued with."""
    register: str
    """`H 17`: series and number, for auditors."""
    upstream: str | None
    """`pooled`, `submitted`, `partly` or `cancelled` at the registry, today; None of a donation, which has no ranges."""
    proofs: tuple[str, ...]
    """The registry's numbers and days."""
    figure: FigureReach | None
    """How the claim stands by its actual figure, today."""
    superseded_by: str | None
    """Number of the certificate that replaced it."""


async def verify(settings: Settings, typed_code: str) -> Found:
    """The certificate behind a code as it was typed.

    Raises:
        CertificateUnknown: no such code.
        SettingsUnfit: production, and the database is not fit for it.
    """
    await wiring.open_database(settings)
    try:
        found = await certificates.verify(typed_code)
        record = json.loads(found.record_json)
        is_claim = found.paper == certificates.NEUTRALITY.code  # a donation has no ranges yet, and claims nothing
        spans = [Span(line["lot"], line["start_g"], line["stop_g"]) for line in record["lines"]] if is_claim else []
        covers = await cancellations.cover(spans) if is_claim else []
        figure = (await figures_of([record]))[0] if is_claim else None
    finally:
        await Tortoise.close_connections()
    return Found(
        record=record,
        sha256=found.record_sha256.hex(),
        is_whole=hashlib.sha256(found.record_json.encode()).digest() == found.record_sha256,
        register=f"{found.series} {found.register_no}",
        upstream=cancellations.together(covers).value if is_claim else None,
        proofs=tuple(
            dict.fromkeys(
                f"{proof.registry_reference}, {proof.cancelled_on.isoformat()}"
                for one in covers
                for proof in one.proofs
            )
        ),
        figure=figure,
        superseded_by=found.superseded_by,
    )


def print_verification(found: Found, *, as_json: bool) -> int:
    """Tell it on standard output; answers the exit code: 0 for a record that is whole."""
    if as_json:
        document = {
            "ok": found.is_whole,
            "register": found.register,
            "sha256": found.sha256,
            "upstream": {"state": found.upstream, "proofs": found.proofs} if found.upstream else None,
            "figure": figure_json(found.figure),
            "superseded_by": found.superseded_by,
            "record": found.record,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return 0 if found.is_whole else 1
    record = found.record
    line(f"{'✔' if found.is_whole else '✘'} {record['number']}  {mass.text(record['mass_g'])}")
    changed = say("与记录不符：记录被改过", "is not the record's: it was changed")
    about = record["zone"]["name"] if found.upstream is None else record["subject"]
    retired = (
        f"{record['retirement_number']}, {record['retired_at']}" if record["retired_at"] else say("尚未", "not yet")
    )
    for label, value in (
        (say("专区", "zone") if found.upstream is None else say("主题", "subject"), f"{about['zh']} / {about['en']}"),
        (say("注销", "retired"), retired),
        (say("登记号", "register"), found.register),
        *(
            [(say("上游", "upstream"), say("；", "; ").join((word(found.upstream), *found.proofs)))]
            if found.upstream is not None
            else []
        ),
        ("sha256", found.sha256),
        *([(say("已换发", "replaced"), found.superseded_by)] if found.superseded_by else []),
        *([("", changed)] if not found.is_whole else []),
    ):
        line(f"  {padded(label, 9)} {value}", hang=10)
    if found.figure is not None:
        print_figure(found.figure, indent="  ")
    return 0 if found.is_whole else 1
