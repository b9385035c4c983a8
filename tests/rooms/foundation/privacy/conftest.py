"""One river with its far side, as tests/rooms/certificates has it."""

from tests.far_side import notice_door, sandbox, sandbox_process
from tests.flow import drawing, flow, press

__all__ = ["drawing", "flow", "notice_door", "press", "sandbox", "sandbox_process"]
