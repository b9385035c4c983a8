"""The page of a certificate's findings as its handler fills it: a claim that stands, one that is stopped, none."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from app.certificates import Explained, Explanation, Naming
from app.kernel.days import Period
from app.kernel.text import Language, Text
from app.registry import claims, retirements
from app.registry.claims import EarlierClaim, Profile, Stage
from app.views.certificates.namings import Named
from app.web.public.findings_view import FindingsPage, findings_page
from tests.sample_claims import ISO, LOCAL, RETIRED_ON, YEAR_2023, claim, line

BOTH = {"zh": "示例总行", "en": "Sample Bank"}
NAMED = Named(naming=Naming.PAYER, is_verified=True, name=Text(zh="示例总行", en="Sample Bank"))


def findings_pages(language: Language) -> Mapping[str, FindingsPage]:
    """One page of each kind."""
    earlier = EarlierClaim(reference="R-20230901-7K3M9QFX", period=Period(date(2023, 8, 5), date(2023, 8, 8)))
    late = line(credit="CCER-2017-0009", programme="CCER", vintage_end=date(2017, 12, 31), is_real=None)
    stopped = explained(ISO, claim(earlier=(earlier,), plan_id=None), (line(), late))
    return {
        "findings": page(explained(LOCAL, claim(period=YEAR_2023), (line(),)), language),
        "findings_stopped": page(stopped, language, superseded_by="DD-20261201-SC-7K3M9QFX2"),
        "findings_ahead": page(explained(ISO, claim(period=YEAR_2023), (line(),)), language),
        "findings_final": page(
            explained(ISO, claim(period=YEAR_2023), (line(),), cancelled_on=date(2024, 12, 30)), language
        ),
        "findings_late": page(
            explained(ISO, claim(period=YEAR_2023), (line(),), cancelled_on=date(2025, 1, 6)), language
        ),
        "findings_none": page(Explanation(Explained.NOTHING_CLAIMED), language),
        "findings_not_judged": page(Explanation(Explained.NOT_JUDGED), language),
    }


def explained(
    profile: Profile, what: claims.Claim, lines: tuple[claims.CreditLine, ...], *, cancelled_on: date | None = None
) -> Explanation:
    def judged(on: date, stage: Stage) -> retirements.Verdict:
        found = claims.judge(what, lines, profile, retired_on=on, stage=stage)
        return retirements.Verdict(
            retirement_id=UUID(int=1),
            profile=found.profile,
            version=found.version,
            stage=stage,
            judged_on=on,
            document=claims.to_document(found),
        )

    return Explanation(
        Explained.JUDGED,
        judged(RETIRED_ON, Stage.SETTLED),
        upstream=judged(cancelled_on, Stage.UPSTREAM) if cancelled_on else None,
    )


def page(told: Explanation, language: Language, *, superseded_by: str | None = None) -> FindingsPage:
    found = told.found
    record: dict[str, Any] = {
        "number": "DD-20240601-SC-7K3M9QFX2",
        "verify_code": "7K3M9QFX2R",
        "title": {"zh": "碳中和证明书", "en": "Statement of Carbon Neutrality"},
        "subject": {"zh": "示例零碳网点", "en": "Sample zero-carbon branch"},
        "subject_detail": "2023 年度",
        "period": {"from": "2023-01-01", "to": "2023-12-31"},
        "emission_g": 12_400,
        "mass_g": 12_400,
        "retirement_number": "R-20240601-7K3M9QFX",
        "retired_at": "2024-06-01T10:02:07+08:00",
        "parties": {"named": [{"roles": ["payer", "holder", "beneficiary"], "name": BOTH}], "persons": []},
        "verdict": found and {"standing": claims.standing(found).value, "pending": False, "sha256": "9f" * 32},
    }
    return findings_page(record, told, language, organisation=NAMED, superseded_by=superseded_by, sandbox=True)
