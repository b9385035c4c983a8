"""What is counted and timed: by one process, and by several of one machine that share a folder."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.gateways import metrics, timing
from app.gateways.timing import timed
from app.kernel.errors import Unavailable
from app.kernel.outcome import Pending, Refused
from config.settings import PROJECT

SHARED = """
import sys
from pathlib import Path
from app.gateways import metrics, timing
metrics.share(Path(sys.argv[1]), sys.argv[2])
for line in sys.stdin:
    verb, *words = line.split()
    if verb == "answer":
        metrics.http_requests("/s/{code}", "GET", 200).inc()
        metrics.http_seconds("/s/{code}", "GET").observe(float(words[0]))
    elif verb == "job":
        metrics.job_seconds("draw_pdf", "done").observe(float(words[0]))
    elif verb == "wait":
        metrics.connections_waiting(sys.argv[2]).set(float(words[0]))
    else:
        sys.stdout.write(metrics.exposition().decode() + "# EOF\\n")
    sys.stdout.write(".\\n")
    sys.stdout.flush()
"""


class Process:
    """One of several that share a folder."""

    def __init__(self, folder: Path, kind: str = "api") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SHARED, str(folder), kind],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env={"PYTHONPATH": str(PROJECT)},
        )  # fmt: skip

    def do(self, line: str) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        told = []
        while (said := self._process.stdout.readline()) != ".\n":
            assert said, "the process has ended"
            told.append(said)
        return "".join(told)

    def answer(self, *seconds: float) -> None:
        for one in seconds:
            self.do(f"answer {one}")

    def sample(self, name: str, **labels: str) -> float | None:
        for family in text_string_to_metric_families(self.do("tell").replace("# EOF\n", "")):
            for sample in family.samples:
                if sample.name == name and sample.labels.items() >= labels.items():
                    return sample.value
        return None

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        for end in (self._process.stdin, self._process.stdout):
            assert end is not None
            end.close()


@pytest.fixture
def begin(tmp_path):
    begun: list[Process] = []

    def one(kind: str = "api") -> Process:
        begun.append(Process(tmp_path / "metrics", kind))
        return begun[-1]

    yield one
    for process in begun:
        if process._process.poll() is None:
            process.kill()


def test_whichever_process_is_asked_tells_how_each_living_one_is_and_forgets_those_that_ended(begin):
    places = []
    for number, kind in enumerate(("api", "api", "settle"), start=1):
        places.append(begin(kind))
        places[-1].do(f"wait {number}")  # it takes its place with what it first tells
    first, second, worker = places

    def told(process):
        places = [("api", "api-0"), ("api", "api-1"), ("settle", "settle-0")]
        return [process.sample("database_connections_waiting", kind=kind, pid=pid) for kind, pid in places]

    assert told(first) == told(second) == told(worker) == [1, 2, 3]
    second.kill()
    assert told(first) == told(worker) == [1, None, 3]
    begin().do("wait 7")  # it takes the free place
    assert told(first) == [1, 7, 3]


def test_whichever_process_is_asked_tells_the_sum_of_all(begin):
    first, second, worker = begin(), begin(), begin("settle")
    first.answer(0.003, 0.03)
    second.answer(0.3)
    worker.do("job 0.02")
    for asked in (first, second, worker):
        assert asked.sample("http_requests_total", route="/s/{code}") == 3
        assert asked.sample("http_request_duration_seconds_count", route="/s/{code}") == 3
        assert asked.sample("http_request_duration_seconds_bucket", le="0.05") == 2
        assert asked.sample("http_request_duration_seconds_bucket", le="+Inf") == 3
        assert asked.sample("job_duration_seconds_count", job="draw_pdf") == 1


def test_what_a_killed_process_had_counted_stays_and_its_successor_goes_on_in_its_place(begin, tmp_path):
    first, second = begin(), begin()
    first.answer(0.003)
    second.answer(0.003)
    first.kill()
    assert second.sample("http_requests_total") == 2
    files = sorted(path.name for path in (tmp_path / "metrics").iterdir())
    third = begin()
    third.answer(0.003)
    assert second.sample("http_requests_total") == third.sample("http_requests_total") == 3
    assert sorted(path.name for path in (tmp_path / "metrics").iterdir()) == files


def test_when_all_have_ended_the_next_start_goes_on_counting(begin):
    first = begin()
    first.answer(0.003, 0.003)
    first.kill()
    again = begin()
    again.answer(0.003)
    assert again.sample("http_requests_total") == 3


def test_files_of_counts_have_no_holes_that_a_full_disk_would_end_a_process_for(begin, tmp_path):
    process = begin()
    process.answer(0.003)
    process.do("wait 3")
    files = [path.stat() for path in (tmp_path / "metrics").glob("*.db")]
    assert len(files) == 3
    assert all(file.st_blocks * 512 >= file.st_size > 0 for file in files)


def test_without_room_a_process_counts_in_memory_and_leaves_no_file(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = metrics.Reserved(str(tmp_path / "counter_api-0.db"))
    kept.write_value("first", 1.0, 0.0)
    monkeypatch.setattr(os, "posix_fallocate", full)
    for number in range(2000):  # more than the file has room for
        kept.write_value(f"series of a long name {number}", number, 0.0)
    assert kept.read_value("first") == (1.0, 0.0)
    assert kept.read_value("series of a long name 1999") == (1999, 0.0)

    late = metrics.Reserved(str(tmp_path / "counter_api-1.db"))
    late.write_value("first", 2.0, 0.0)
    assert late.read_value("first") == (2.0, 0.0)
    late.close()
    kept.close()
    assert [path.name for path in tmp_path.iterdir()] == ["counter_api-0.db"]


def test_a_percentile_is_computed_from_the_buckets_to_within_one_of_them(begin):
    processes = begin(), begin()
    for n in range(100):  # 1 to 100 ms, over both
        processes[n % 2].answer((n + 1) / 1000)
    buckets = []
    for bound in metrics._ANSWERS_S:
        value = processes[0].sample("http_request_duration_seconds_bucket", le=str(bound))
        assert value is not None
        buckets.append((bound, value))
    assert 0.05 < quantile(0.95, buckets) <= 0.1
    assert 0.025 < quantile(0.4, buckets) <= 0.05


def quantile(share: float, buckets: list[tuple[float, float]]) -> float:
    """`histogram_quantile` of Prometheus: linear within the bucket."""
    rank, below = share * buckets[-1][1], (0.0, 0.0)
    for bound, count in buckets:
        if count >= rank:
            return below[0] + (bound - below[0]) * (rank - below[1]) / (count - below[1])
        below = bound, count
    return buckets[-1][0]


class FarSide:
    """Somebody's server, as a gateway shows it."""

    name = "far"

    async def answers(self, word: str, *, louder: bool = False) -> str:
        return word.upper() if louder else word

    async def is_silent(self) -> None:
        raise Unavailable("no answer")

    async def is_wrong(self) -> None:
        raise ZeroDivisionError

    def says(self) -> str:
        return "at once"

    async def aclose(self) -> None:
        await asyncio.sleep(0)


def calls(call: str, outcome: str) -> float:
    labels = {"gateway": "test", "call": call, "outcome": outcome}
    return metrics.REGISTRY.get_sample_value("gateway_call_duration_seconds_count", labels) or 0.0


async def test_each_call_of_a_far_side_is_timed_by_what_came_of_it():
    far_side = timed("test", FarSide())
    before = [calls("answers", "answered"), calls("is_silent", "silent"), calls("is_wrong", "failed")]
    assert await far_side.answers("yes", louder=True) == "YES"
    assert await far_side.answers("yes") == "yes"
    with pytest.raises(Unavailable):
        await far_side.is_silent()
    with pytest.raises(ZeroDivisionError):
        await far_side.is_wrong()
    after = [calls("answers", "answered"), calls("is_silent", "silent"), calls("is_wrong", "failed")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 1]


async def test_what_is_no_question_to_a_far_side_is_not_timed():
    far_side = timed("test", FarSide())
    assert (far_side.name, far_side.says()) == ("far", "at once")
    await far_side.aclose()
    assert calls("aclose", "answered") == calls("says", "answered") == 0


async def test_a_call_that_is_given_up_counts_as_silence():
    class Slow(FarSide):
        async def answers(self, word: str, *, louder: bool = False) -> str:  # noqa: ARG002
            await asyncio.sleep(10)
            return word

    before = calls("answers", "silent")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await timed("test", Slow()).answers("yes")
    assert calls("answers", "silent") == before + 1


def unmet(call: str, reason: str) -> float:
    labels = {"gateway": "test", "call": call, "reason": reason}
    return metrics.REGISTRY.get_sample_value("gateway_calls_unmet_total", labels) or 0.0


async def test_what_a_far_side_refused_or_did_not_say_is_counted_by_its_reason_and_a_plain_answer_is_not():
    class Channel:
        async def open(self, answer: object) -> object:
            return answer

    far_side = timed("test", Channel())
    reasons = ("ACQ.TRADE_HAS_CLOSE", "TIMEOUT", "WAIT_BUYER_PAY", "OTHER")
    before = [unmet("open", reason) for reason in reasons]
    await far_side.open(Refused(code="ACQ.TRADE_HAS_CLOSE", text="closed"))
    await far_side.open(Pending(code="TIMEOUT"))
    await far_side.open(Pending(code="WAIT_BUYER_PAY"))
    await far_side.open(Refused(code="a word\nthat is none", text=""))
    assert [unmet("open", reason) - then for reason, then in zip(reasons, before, strict=True)] == [1, 1, 0, 1]


async def test_a_far_side_that_invents_words_makes_no_series_without_end(monkeypatch: pytest.MonkeyPatch):
    class Channel:
        async def open(self, word: str) -> Refused:
            return Refused(code=word, text="")

    monkeypatch.setattr(timing, "_reasons", set())
    before = unmet("open", "OTHER")
    for number in range(150):
        await timed("test", Channel()).open(f"INVENTED_{number}")
    assert unmet("open", "OTHER") == before + 50
