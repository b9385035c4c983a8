"""Whether an alert of docs/alerts.yml fires on what processes really counted.

`rises` reads the rule and does its sum: for rules of the form `sum by (…) (increase(name[…])) > number`, which is all that it
reads. `promtool` is Prometheus' own, where it is installed (Debian: the package `prometheus`), and evaluates any rule.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from config.settings import PROJECT

RULES: Final = PROJECT / "docs/alerts.yml"
_RISE: Final = re.compile(
    r"sum by \(([\w, ]+)\) \(increase\((\w+)(?:\{(\w+)=~\"([^\"]+)\"\})?\[\w+\]\)\) > (\d+(?:\.\d+)?)"
)
Labels = frozenset[tuple[str, str]]


def expression(alert: str) -> str:
    """Its rule."""
    (found,) = re.findall(rf"alert: {alert}\n +expr: (.+)", RULES.read_text("utf-8"))
    return str(found)


def samples(text: str) -> dict[tuple[str, Labels], float]:
    """What a scrape says, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def rises(alert: str, before: str, after: str) -> set[Labels]:
    """The groups, by their labels, for which the alert's rule holds between two scrapes.

    A series that only the second scrape has did not rise: Prometheus sees no rise in it either.
    """
    matched = _RISE.fullmatch(expression(alert))
    assert matched is not None, f"{alert} is of another form"
    by, name, selected, pattern, most = matched.groups()
    kept = [label.strip() for label in by.split(",")]
    earlier, sums = samples(before), dict[Labels, float]()
    for (found, labels), value in samples(after).items():
        told = dict(labels)
        if found != name or (found, labels) not in earlier or (selected and not re.fullmatch(pattern, told[selected])):
            continue
        group = frozenset((label, told[label]) for label in kept)
        sums[group] = sums.get(group, 0.0) + value - earlier[found, labels]
    return {group for group, rise in sums.items() if rise > float(most)}


def has_promtool() -> bool:
    """Whether Prometheus' own tool is here."""
    return shutil.which("promtool") is not None


def promtool(folder: Path, alert: str, labels: Mapping[str, str], scrapes: Sequence[str]) -> None:
    """Let Prometheus' own tool see these scrapes, one each 15 seconds, and demand that the alert fires for these labels.

    Raises:
        AssertionError: it does not; the text is promtool's.
    """
    seen = [samples(text) for text in scrapes]
    names = set(re.findall(r"\b([a-z]+(?:_[a-z]+)+)\b", expression(alert)))
    lines = [
        "rule_files:",
        f"  - {RULES}",
        "evaluation_interval: 15s",
        "tests:",
        "  - interval: 15s",
        "    input_series:",
    ]
    for name, series in sorted({key for one in seen for key in one if key[0] in names}, key=str):
        told = ",".join(f'{label}="{value}"' for label, value in sorted(series))
        values = " ".join("_" if (at := one.get((name, series))) is None else f"{at:g}" for one in seen)
        lines += [f"      - series: '{name}{{{told}}}'", f"        values: '{values}'"]
    fired = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    lines += [
        "    promql_expr_test:",
        f'      - expr: ALERTS{{alertname="{alert}",alertstate="firing",{fired}}}',
        f"        eval_time: {15 * (len(seen) - 1)}s",
        "        exp_samples:",
        f"          - labels: 'ALERTS{{alertname=\"{alert}\",alertstate=\"firing\",{fired}}}'",
        "            value: 1",
    ]  # fmt: skip
    file = folder / "alert.yml"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
