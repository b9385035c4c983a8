"""Verdicts as one canonical text: kept with a retirement and its certificate, and read back the same for ever.

It holds no name and no free text of a person: neither subject nor reasons for a residual enter a finding.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from app.kernel.text import Text
from app.registry.claims.errors import VerdictsUnreadable
from app.registry.claims.judging.shapes import Finding, Rule, Severity, Stage, Verdict, Verdicts

SCHEMA: Final = "diandian.verdicts/1"
"""A field may be added under a new number; what was written under an old one is read as it was."""


def to_document(verdicts: Verdicts) -> str:
    """The canonical JSON: keys sorted, no blanks, findings in the order of the table. Hash and keep these bytes."""
    return _canonical(
        {
            "schema": SCHEMA,
            "profile": verdicts.profile,
            "version": verdicts.version,
            "profile_sha256": verdicts.profile_sha256,
            "retired_on": verdicts.retired_on,
            "stage": verdicts.stage.value,
            "is_final": verdicts.is_final,
            "findings": [
                {
                    "rule": finding.rule.value,
                    "verdict": finding.verdict.value,
                    "severity": finding.severity.value,
                    "inputs": finding.inputs,
                    "limit": finding.limit,
                    "reason": {"zh": finding.reason.zh, "en": finding.reason.en},
                }
                for finding in verdicts.findings
            ],
        }
    )


def read_document(document: str) -> Verdicts:
    """What `to_document` wrote; the rules of today have no part in it.

    Raises:
        VerdictsUnreadable: another schema, or a text that `to_document` would spell otherwise.
    """
    try:
        stored = json.loads(document)
        schema = stored["schema"]
    except (ValueError, RecursionError, KeyError, TypeError) as fault:
        raise VerdictsUnreadable(problem_zh="不是判定文件", problem_en="it is no document of verdicts") from fault
    if schema != SCHEMA:
        _refuse(f"未知格式 {schema!r}", f"unknown schema {schema!r}")
    try:
        verdicts = _read(stored)
        is_ours = to_document(verdicts) == document
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise VerdictsUnreadable(problem_zh=f"{fault}", problem_en=f"{fault}") from fault
    if not is_ours:
        _refuse("与规范写法不一致", "it is not spelled as we write it")
    return verdicts


def _read(stored: Mapping[str, Any]) -> Verdicts:
    profile, version = stored["profile"], stored["version"]
    return Verdicts(
        profile=profile,
        version=version,
        profile_sha256=stored["profile_sha256"],
        retired_on=stored["retired_on"],
        stage=Stage(stored["stage"]),
        is_final=stored["is_final"],
        findings=tuple(
            Finding(
                rule=Rule(each["rule"]),
                profile=profile,
                version=version,
                verdict=Verdict(each["verdict"]),
                severity=Severity(each["severity"]),
                inputs=each["inputs"],
                limit=each["limit"],
                reason=Text(zh=each["reason"]["zh"], en=each["reason"]["en"]),
            )
            for each in stored["findings"]
        ),
    )


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _refuse(problem_zh: str, problem_en: str) -> NoReturn:
    raise VerdictsUnreadable(problem_zh=problem_zh, problem_en=problem_en)
