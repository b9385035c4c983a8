"""What the database says of books, queues and waiting things, as Prometheus reads it: the same from every process."""

from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.commerce import bills, recovery
from app.registry import books


class BooksCollector(Collector):
    """What the books and the queues say; nothing but that nobody answered where nobody did."""

    def __init__(self, told: books.Gauges | None) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        """Every family that is known."""
        yield GaugeMetricFamily("books_up", "Whether the database told the gauges below.", value=self._told is not None)
        if (told := self._told) is None:
            return
        sums = GaugeMetricFamily("ledger_sum_by_unit", "Sum of all balances of a unit: must be 0.", labels=["unit"])
        for unit, total in told.units.items():
            sums.add_metric([unit], total)
        yield sums
        for name, meaning, value in (
            ("books_differences", "Differences found and not yet compared anew: must be 0.", told.differences),
            ("books_last_run_age_seconds", "Since the books were last looked at.", told.run_age_s),
            ("books_last_proof_age_seconds", "Since everything, or a day, was last proved.", told.proof_age_s),
            ("books_last_whole_proof_age_seconds", "Since everything was last proved.", told.whole_proof_age_s),
        ):
            if value is not None:
                yield GaugeMetricFamily(name, meaning, value=value)
        pending = GaugeMetricFamily("pending_age_seconds", "Age of the oldest row before each job.", labels=["state"])
        lag = GaugeMetricFamily("outbox_lag_seconds", "Age of the oldest row of each queue.", labels=["queue"])
        dead = GaugeMetricFamily("outbox_dead", "Rows set aside for people: must be 0.", labels=["job"])
        oldest: dict[str, float] = {}
        for row in told.waiting:
            pending.add_metric([row.job], row.oldest_s)
            dead.add_metric([row.job], row.dead)
            oldest[row.queue] = max(oldest.get(row.queue, 0.0), row.oldest_s)
        for queue, age_s in oldest.items():
            lag.add_metric([queue], age_s)
        number = GaugeMetricFamily("open_rows", "Things that are open, by what they are.", labels=["what", "kind"])
        age = GaugeMetricFamily("open_oldest_age_seconds", "Age of the oldest of them.", labels=["what", "kind"])
        for what in books.OPEN:
            # A series that goes away looks like silence; so nothing open is told as 0.
            found = [one for one in told.open if one.what == what] or [books.Open(what, "", 0, 0.0)]
            for one in found:
                number.add_metric([what, one.kind], one.number)
                age.add_metric([what, one.kind], one.oldest_s)
        yield from (number, age)
        yield GaugeMetricFamily(
            "outbox_days_ahead", "Days after today for whose messages there is a place.", value=told.days_ahead
        )
        purged = CounterMetricFamily("rows_purged", "Rows deleted when their time was over.", labels=["kind"])
        for kind, rows in told.purged.items():
            purged.add_metric([kind], rows)
        yield from (pending, lag, dead, purged)


class BillsCollector(Collector):
    """What waits of the channels' bills; nothing where nobody tells."""

    def __init__(self, told: Sequence[bills.Gauge]) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        """A series for each channel that has a bill."""
        number = GaugeMetricFamily("bill_differences_open", "Differences nobody has explained.", labels=["channel"])
        age = GaugeMetricFamily(
            "bill_differences_oldest_age_seconds", "Since the oldest was found.", labels=["channel"]
        )
        missing = GaugeMetricFamily(
            "bills_missing_age_seconds", "Since the end of the oldest day without its bill.", labels=["channel"]
        )
        for one in self._told:
            number.add_metric([one.channel], one.open)
            age.add_metric([one.channel], one.oldest_s)
            missing.add_metric([one.channel], one.missing_s)
        yield from (number, age, missing)


class RecoveryCollector(Collector):
    """Whether history is whole, and how old the marker outside of the database is."""

    def __init__(self, told: recovery.RecoveryStatus | None) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        """Nothing where nobody answered."""
        if (told := self._told) is None:
            return
        yield GaugeMetricFamily(
            "recovery_open",
            "History is shorter than the marker says, nothing is settled: must be 0.",
            value=told.is_open,
        )
        yield GaugeMetricFamily(
            "recovery_steps_left", "Steps of lost time that are not done: must be 0.", value=told.left
        )
        if told.age_s is not None:
            yield GaugeMetricFamily("recovery_marker_age_seconds", "Since the marker was written.", value=told.age_s)
