"""Alerts, dashboard and the page of operations name metrics that `/metrics` tells, with labels they have, and no others."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from prometheus_client.core import Metric

from app.commerce import bills, recovery
from app.gateways import metrics
from app.registry import books
from app.web.kit.gauges import BillsCollector, BooksCollector, RecoveryCollector
from config.settings import PROJECT

ALERTS: Final = (PROJECT / "docs/alerts.yml").read_text("utf-8")
DASHBOARD: Final = json.loads((PROJECT / "docs/dashboard.json").read_text("utf-8"))
PAGE: Final = (PROJECT / "docs/operations.md").read_text("utf-8")
_WORD: Final = re.compile(r"\b([a-z]+(?:_[a-z]+)+)\b(?!\()")
_SELECTED: Final = re.compile(r"\b([a-z]+(?:_[a-z]+)+)\{([^}]*)\}")
_GROUPING: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right) \(([^)]*)\)")
_ADDED: Final = {"job", "instance", "le", "pid"}
"""Labels that Prometheus, a histogram or the folder of several processes adds."""


def families() -> Iterable[Metric]:
    """Everything of ours, as the collectors really tell it."""
    yield from metrics.REGISTRY.collect()
    waiting = books.Waiting("draw_wanted", "render", 1, 1.0, 0)
    told = books.Gauges(
        {"CNY": 0}, 0, 1.0, 1.0, 1.0, (waiting,), (books.Open("payment", "", 1, 1.0),), 0, {"intent": 1}
    )
    yield from BooksCollector(told).collect()
    yield from BillsCollector([bills.Gauge(channel="wechatpay", open=1, oldest_s=1.0, missing_s=1.0)]).collect()
    lost = recovery.RecoveryStatus(is_open=False, left=0, marker_no=1, written_at=None, size=None, root=None, age_s=1.0)
    yield from RecoveryCollector(lost).collect()


def series() -> dict[str, set[str]]:
    """The names of all series, each with its labels; of what nobody has counted yet the labels are the declared ones."""
    found: dict[str, set[str]] = {}
    declared = {name: set(one._labelnames) for one in vars(metrics).values() for name in _names_of(one)}
    for family in families():
        ends = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(family.type, ("",))
        labels = declared.get(family.name, set()).union(*(sample.labels for sample in family.samples))
        found |= {f"{family.name}{end}": labels for end in ends}
    return found


def _names_of(one: Any) -> list[str]:
    return [one._name] if hasattr(one, "_labelnames") and hasattr(one, "_name") else []


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression, with where it stands."""
    yield from re.findall(r"alert: (\w+)\n +expr: (.+)", ALERTS)
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


EXPRESSIONS: Final = list(expressions())


def test_every_expression_is_of_metrics_that_are_told_and_of_labels_that_they_have() -> None:
    known = series()
    assert len(EXPRESSIONS) > 40
    for where, expression in EXPRESSIONS:
        named = set(_WORD.findall(re.sub(r"\{[^}]*\}", "", _GROUPING.sub("", expression))))
        assert named, where
        assert named <= known.keys(), (where, named - known.keys())
        for name, selectors in _SELECTED.findall(expression):
            asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', selectors)))
            assert asked <= known[name] | _ADDED, (where, name, asked)
        labels = _ADDED.union(*(known[name] for name in named))
        grouped = {label.strip() for group in _GROUPING.findall(expression) for label in group.split(",")}
        assert grouped <= labels, (where, grouped - labels)


def test_every_percentile_is_one_of_a_histogram_summed_over_processes() -> None:
    for where, expression in EXPRESSIONS:
        if "histogram_quantile" in expression:
            assert re.search(
                r"histogram_quantile\(0\.\d+, sum by \([\w, ]*le[\w, ]*\) \(rate\(\w+_bucket", expression
            ), where


def test_the_page_of_operations_names_every_metric_of_ours() -> None:
    assert {family.name for family in families() if family.name not in PAGE} == set()


def test_panels_have_places_of_their_own_ids_and_both_languages() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert all(re.search("[a-z]", panel["title"]) and re.search("[一-鿿]", panel["title"]) for panel in panels)
