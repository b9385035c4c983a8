"""Every event has its line in the map, and every job in the map exists where the map says."""

import dataclasses
import importlib
import re
import sys

from app.foundation.outbox import Event
from tests.architecture.reading_source import dotted, trees
from workers.jobs import JOBS
from workers.subscriptions import RENDER, SETTLE, SUBSCRIPTIONS, by_kind


def events() -> set[type[Event]]:
    for path in trees("app"):
        if path.name == "events.py":
            importlib.import_module(dotted(path))
    # A slotted dataclass leaves the class it was made from behind; the one its module names is the event.
    named = {
        kind for kind in Event.__subclasses__() if getattr(sys.modules.get(kind.__module__), kind.__name__, 0) is kind
    }
    return {kind for kind in named if kind.__module__.startswith("app.")}


def test_every_event_of_every_room_is_in_the_map_and_no_other() -> None:
    assert events() == set(SUBSCRIPTIONS)


def test_the_map_and_the_jobs_name_the_same_jobs_in_the_same_queues() -> None:
    mapped = {(queue, job) for jobs in SUBSCRIPTIONS.values() for job, queue in jobs}

    assert mapped == {(queue, job) for queue, jobs in JOBS.items() for job in jobs}
    assert set(JOBS) == {SETTLE, RENDER}


def test_an_event_is_a_frozen_past_tense_fact_with_a_name_of_its_own() -> None:
    kinds = [event.kind for event in events()]

    assert len(set(kinds)) == len(kinds) == len(by_kind())
    for event in events():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", event.kind), event.kind
        assert dataclasses.is_dataclass(event), event
        assert event.__dataclass_params__.frozen, event  # type: ignore[attr-defined]
        assert event.__doc__, event
