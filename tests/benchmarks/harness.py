"""What every benchmark gives back, and how it is shown: lines beside their targets, the machine, the artifacts."""

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
ARTIFACTS: Final = PROJECT / "artifacts"
WIDTH: Final = 80
PACKAGES: Final = ("litestar", "granian", "msgspec", "tortoise-orm", "asyncpg", "arq", "redis", "typst", "playwright")
"""Whose versions decide a speed."""

_FSYNCS: Final = 200
_COLUMNS: Final = (4, 38, 11, 14, 8)  # id, what, measured, min to max, target; then the mark


class CannotRun(Exception):
    """This benchmark cannot run here; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asked for."""

    rotations: int
    is_quick: bool
    is_first: bool
    """Also a first start from nothing, which takes a minute."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure, beside its target where it has one."""

    id: str
    what: str
    measured: str
    spread: str = ""
    target: str = ""
    is_met: bool | None = None
    """None: context, which nobody promised."""
    figures: Mapping[str, object] = field(default_factory=dict)
    """For the JSON file: every number behind the line."""


@dataclass(slots=True)
class Finding:
    """What one benchmark found."""

    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rotations with its minimum and maximum."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of one figure a rotation."""
        return cls(statistics.median(values), min(values), max(values))

    def text(self, form: str = ".2f") -> str:
        """From the minimum to the maximum."""
        return f"{self.low:{form}} – {self.high:{form}}"


def ratio(ours: Sequence[float], yardstick: Sequence[float]) -> Spread:
    """Ours over the yardstick, rotation by rotation: what disturbed one disturbed the other too."""
    return Spread.of([one / other for one, other in zip(ours, yardstick, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def say(text: str) -> None:
    """Progress, for whoever waits; the result alone goes to standard output."""
    print(f"  · {text}", file=sys.stderr, flush=True)


# ---- the machine ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a speed depends on."""

    at: str
    system: str
    cpu: str
    cores: int
    memory_gb: float
    load_before: float
    fsync_ms: float
    fsync_p95_ms: float
    python: str
    postgresql: str
    packages: dict[str, str]
    seed: int


def look_at_machine(*, postgresql: str, seed: int) -> Machine:
    """The machine as it is now; syncs a file two hundred times."""
    syncs = _sync_times()
    return Machine(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        load_before=round(os.getloadavg()[0], 2),
        fsync_ms=round(statistics.median(syncs), 3),
        fsync_p95_ms=round(percentile(syncs, 0.95), 3),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        postgresql=postgresql,
        packages={name: version(name) for name in PACKAGES},
        seed=seed,
    )


def _sync_times() -> list[float]:
    """Milliseconds of writing 8 KiB and making it durable, as PostgreSQL does for its log (wal_sync_method fdatasync)."""
    sync = getattr(os, "fdatasync", os.fsync)
    times = []
    with tempfile.TemporaryFile(prefix="dd-fsync-") as file:
        page = os.urandom(8192)
        file.write(page * 64)
        file.flush()
        os.fsync(file.fileno())
        for number in range(_FSYNCS):
            began = time.perf_counter()
            os.pwrite(file.fileno(), page, number % 64 * 8192)
            sync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return times


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


# ---- showing --------------------------------------------------------------------------------------------------------


def show(machine: Machine, findings: Sequence[Finding], failures: Sequence[str], wishes: Wishes) -> str:
    """The whole result as text, at most 80 columns wide."""
    rule = "─" * WIDTH
    title = "点点 benchmarks" + (" · quick: not a figure to quote" if wishes.is_quick else "")
    parts = [_ends(title, machine.at.replace("T", " ").replace("+00:00", " UTC")), rule]
    parts.append(_row("", "", "measured", "min – max", "target", ""))
    parts.append(rule)
    for finding in findings:
        last = ""
        for line in finding.lines:
            mark = {True: "✔", False: "✘", None: " "}[line.is_met]
            parts.append(
                _row("" if line.id == last else line.id, line.what, line.measured, line.spread, line.target, mark)
            )
            last = line.id
        parts.append(rule)
    for failure in failures:
        parts += _wrapped(failure, "✘ ")
    judged = [line for finding in findings for line in finding.lines if line.is_met is not None]
    met = sum(line.is_met is True for line in judged)
    parts += [f"{met} of {len(judged)} targets met   ✔ met   ✘ not met   (no mark: context)", ""]
    for finding in findings:
        for note in finding.notes:
            parts += _wrapped(note, "· ")
    parts += ["", *_machine_lines(machine), ""]
    return "\n".join(parts)


def write(text: str, machine: Machine, findings: Sequence[Finding], failures: Sequence[str], wishes: Wishes) -> None:
    """Keep the result in `artifacts/benchmarks.md` and `.json`."""
    ARTIFACTS.mkdir(exist_ok=True)
    (ARTIFACTS / "benchmarks.md").write_text(f"# Benchmarks\n\n```text\n{text}\n```\n", "utf-8")
    whole = {
        "machine": asdict(machine),
        "wishes": asdict(wishes),
        "findings": [asdict(finding) for finding in findings],
        "failures": list(failures),
    }
    (ARTIFACTS / "benchmarks.json").write_text(
        json.dumps(whole, ensure_ascii=False, indent=2, default=str) + "\n", "utf-8"
    )


def _row(id_: str, what: str, measured: str, spread: str, target: str, mark: str) -> str:
    a, b, c, d, e = _COLUMNS
    return f"{id_:<{a}}{what:<{b}}{measured:>{c}}{spread:>{d}}  {target:>{e}} {mark}".rstrip()


def _ends(left: str, right: str) -> str:
    return left + " " * max(1, WIDTH - _cells(left) - len(right)) + right


def _cells(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _wrapped(text: str, bullet: str) -> list[str]:
    lines, line = [], bullet
    for word in text.split():
        if _cells(line) + 1 + _cells(word) > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = " " * len(bullet)
        line += word + " "
    return [*lines, line.rstrip()]


def _machine_lines(machine: Machine) -> list[str]:
    packages = " · ".join(f"{name} {number}" for name, number in machine.packages.items())
    return [
        *_wrapped(f"{machine.cpu}, {machine.cores} cores, {machine.memory_gb} GB, {machine.system}", "  "),
        *_wrapped(
            f"write + fdatasync of 8 KiB: {machine.fsync_ms:.2f} ms (95 %: {machine.fsync_p95_ms:.2f} ms)"
            f" · load before: {machine.load_before:.2f} · seed {machine.seed}",
            "  ",
        ),
        *(
            _wrapped("The machine was busy with something else: seconds and rates say little, ratios a bit more.", "! ")
            if machine.load_before > machine.cores / 2
            else []
        ),
        *_wrapped(f"{machine.python} · {machine.postgresql}, fsync=on, synchronous_commit=on", "  "),
        *_wrapped(packages, "  "),
    ]
