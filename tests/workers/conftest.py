"""The fixtures of the workers' tests, from where all suites of the river find them."""

from tests.far_side import notice_door, sandbox, sandbox_process
from tests.flow import drawing, flow, press
from tests.rooms.conftest import river

__all__ = ["drawing", "flow", "notice_door", "press", "river", "sandbox", "sandbox_process"]
