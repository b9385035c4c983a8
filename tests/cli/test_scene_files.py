"""What a file of a scene may say, before anything is asked of a database."""

import json

import msgspec
import pytest

from app.cli.scenes import publishing_scenes as files
from tests.rooms.conftest import FACTORS


def file_of(**changed: object) -> files.SceneFile:
    said = json.loads(files.EXAMPLE) | changed
    return msgspec.convert(said, files.SceneFile)


@pytest.mark.parametrize("mode", ["flight", "hsr", "metro"])
def test_every_mode_is_tried_at_a_distance_of_its_own(mode: str) -> None:
    files._check(file_of(modes=[mode], default_km=15), FACTORS)


def test_what_no_visitor_could_have_is_named() -> None:
    with pytest.raises(files.SceneFileUnfit, match="gold_kg"):
        files._check(file_of(modes=["flight"], extras={"gold_kg": "1"}), FACTORS)


@pytest.mark.parametrize(("field", "day"), [("starts_on", "0001-01-01"), ("ends_on", "9999-12-31")])
def test_a_year_of_no_event_is_named(field: str, day: str) -> None:
    with pytest.raises(files.SceneFileUnfit) as refused:
        files._check(file_of(**{field: day}), FACTORS)
    assert refused.value.field == f"/{field}"
