"""The fixtures of the tests of payments, from where all suites of the river find them."""

from tests.far_side import notice_door, sandbox, sandbox_process
from tests.flow import drawing, flow, press
from tests.tiny.shop import shop

__all__ = ["drawing", "flow", "notice_door", "press", "sandbox", "sandbox_process", "shop"]
