"""The alerts and the page of operations name metrics that `/metrics` tells, and no others."""

import re
from typing import Final

from app.gateways import metrics
from config.settings import PROJECT

OPERATIONS: Final = (PROJECT / "app/web/kit/operations.py").read_text("utf-8")
ALERTS: Final = (PROJECT / "docs/alerts.yml").read_text("utf-8")
PAGE: Final = (PROJECT / "docs/operations.md").read_text("utf-8")
GAUGES: Final = set(re.findall(r'FamilyMetric\("(\w+)"|MetricFamily\(\s*"(\w+)"', OPERATIONS)) | set()


def told() -> set[str]:
    """The names of all series."""
    names = {found for pair in GAUGES for found in pair if found}
    names |= set(re.findall(r'\("(books_\w+)", "', OPERATIONS))
    names |= {f"{name}_total" for name in names if f'CounterMetricFamily("{name}"' in OPERATIONS}
    for family in metrics.REGISTRY.collect():
        names |= {f"{family.name}_{end}" for end in ("bucket", "count", "sum")} if family.type == "histogram" else set()
        names |= {f"{family.name}_total"} if family.type == "counter" else {family.name}
    return names


def test_every_metric_of_an_alert_is_told() -> None:
    expressions = re.findall(r"expr: (.+)", ALERTS)
    named = {
        name
        for one in expressions
        for name in re.findall(r"\b([a-z]+(?:_[a-z]+)+)\b(?!\()", re.sub(r'"[^"]*"', "", one))
    }
    assert named
    assert named - told() - {"histogram_quantile"} == set()


def test_every_percentile_is_one_of_a_histogram_summed_over_processes() -> None:
    for expression in re.findall(r"expr: (.*histogram_quantile.*)", ALERTS):
        assert re.search(r"histogram_quantile\(0\.9\d?, sum by \([\w, ]*le[\w, ]*\) \(rate\(\w+_bucket", expression), (
            expression
        )


def test_the_page_of_operations_names_every_metric_of_ours() -> None:
    ours = {family.name for family in metrics.REGISTRY.collect()}
    assert {name for name in ours if name not in PAGE} == set()
