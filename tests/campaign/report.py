"""The report of a campaign: what was reached of what a release needs, from which seeds, and what failed."""

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.benchmarks.harness import percentile
from tests.campaign.rounds import RoundOutcome, Row
from tests.conftest import PROJECT

FOLDER: Final = PROJECT / "artifacts" / "campaign"
INVARIANTS: Final = "I1–I7 and I9 by tests/books.py, I5 order by order; I8 and I10 are not part of it"


_HEAD: Final = (
    f"{'row':<4}{'what':<32}{'N':>7} of {'needed':<8}{'rounds':>6}{'orders':>8}{'looks':>7}{'settled':>18}  verdict"
)


@dataclass(slots=True)
class Result:
    """What became of one row."""

    row: Row
    seed: int = 0
    rounds: int = 0
    reached: int = 0
    acknowledged: int = 0
    looks: int = 0
    stacks: int = 0
    took_s: float = 0.0
    settled_s: list[float] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    not_run: str = ""

    def add(self, outcome: RoundOutcome) -> None:
        """Count a round that held."""
        self.rounds += 1
        self.reached += outcome.faults
        self.acknowledged += outcome.acknowledged
        self.looks += outcome.looks
        self.settled_s.append(outcome.settled_s)
        self.kinds[outcome.what] = self.kinds.get(outcome.what, 0) + outcome.faults

    def keep_logs(self, seed: int, logs: Path | None) -> None:
        """What the processes said in a round that failed."""
        if logs is not None:
            shutil.copytree(logs, FOLDER / "logs" / f"{self.row.id}-{seed}", dirs_exist_ok=True)

    @property
    def verdict(self) -> str:
        """One word for the whole row."""
        if self.not_run:
            return "not run"
        if self.failures:
            return "FAILED"
        return "whole" if self.reached >= self.row.wanted else "in part"


def show(results: list[Result], *, minutes: float, took_s: float) -> str:
    """The report as text."""
    lines = [
        f"点点 campaign · {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC · {took_s / 60:.0f} of {minutes:g} min · {_commit()}",
        _HEAD,
    ]
    for result in results:
        settled = (
            f"{percentile(result.settled_s, 0.5):.1f} / {max(result.settled_s):.1f} s" if result.settled_s else "–"
        )
        lines.append(
            f"{result.row.id:<4}{result.row.what:<32}{result.reached:>7,} of {result.row.wanted:<8,}{result.rounds:>6}"
            f"{result.acknowledged:>8,}{result.looks:>7,}{settled:>18}  {result.verdict}"
        )
        if result.not_run:
            lines.append(f"      not run: {result.not_run}")
        elif result.rounds or result.failures:
            last = result.seed + result.rounds + len(result.failures) - 1
            lines.append(f"      seeds {result.seed} to {last}, {result.took_s:.0f} s")
        lines += [f"      ✘ ROW={result.row.id} SEED={seed}: {text}" for seed, text in result.failures.items()]
    whole = all(result.verdict == "whole" for result in results)
    acknowledged = sum(result.acknowledged for result in results)
    lost = "0 lost, 0 double, sums 0" if not any(result.failures for result in results) else "see the failures"
    lines += [
        f"{acknowledged:,} acknowledged orders: {lost}. {INVARIANTS}.",
        "Every N of these rows is reached."
        if whole
        else "Not enough for a release: a row is whole when its N is reached.",
        "Again: make campaign ROW=… SEED=…",
    ]
    return "\n".join(lines)


def write(text: str, results: list[Result]) -> None:
    """Keep it in artifacts/campaign."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "report.md").write_text(f"# Campaign\n\n```text\n{text}\n```\n", "utf-8")
    told = [
        {
            "row": result.row.id, "wanted": result.row.wanted, "reached": result.reached, "rounds": result.rounds,
            "acknowledged": result.acknowledged, "looks": result.looks, "seed": result.seed, "took_s": result.took_s,
            "settled_s": result.settled_s, "kinds": result.kinds, "failures": result.failures, "not_run": result.not_run,
            "verdict": result.verdict,
        }
        for result in results
    ]  # fmt: skip
    whole = {"commit": _commit(), "at": datetime.now(UTC).isoformat(timespec="seconds"), "rows": told}
    (FOLDER / "report.json").write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return f"commit {done.stdout.strip()}" if done.returncode == 0 else "no commit"
