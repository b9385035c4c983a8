"""Our end of the pipes to the demo's helper: what needs the whole program is done there and leaves no memory here."""

import json
import os
import subprocess
import sys
from types import TracebackType
from typing import Any, Final, Self

from app.cli.demo.tree import ProcessEnded
from app.cli.output import say
from config.settings import PROJECT

_GRACE_S: Final = 5.0
_STEPS: Final = {
    "make_environment": "准备设置", "migrate": "迁移", "seed": "装入演示数据", "transfers": "装入银行转账",
    "event": "城市赛事的准备", "registry": "登记机构的准备", "go": "市民的路",
    "roles": "一键身份",
}  # fmt: skip


class Helper:
    """One process that does what it is asked, one thing after the other; ended with the block, however that ends."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "app.cli.demo.helper", str(writing)],
                cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE, pass_fds=(writing,), text=True,
                process_group=0,  # the terminal's Ctrl-C is for us, who end it
            )  # fmt: skip
        finally:
            os.close(writing)
        self._answers = os.fdopen(reading)

    def ask(self, verb: str, **wish: object) -> Any:  # noqa: ANN401 - each verb its own answer
        """What the helper answers.

        Raises:
            ProcessEnded: it failed, or is gone.
        """
        self._send({"do": "ask", "verb": verb, **wish})
        line = self._answers.readline()
        if not line:
            code = self._process.wait()
            raise ProcessEnded(
                say(
                    f"{_STEPS[verb]}没有做完：进程不见了（{code}）",
                    f"`{verb}` did not end: its process is gone ({code})",
                )
            )
        told = json.loads(line)
        if "fault" in told:
            raise ProcessEnded(say(f"{_STEPS[verb]}没有做成：{told['fault']}", f"`{verb}` failed: {told['fault']}"))
        return told["answer"]

    def leave(self) -> None:
        """Let it go; it is gone when this returns."""
        if self._process.poll() is None:
            self._send({"do": "leave"})
            self._end(_GRACE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._end(_GRACE_S)
        self._answers.close()
        if self._process.stdin:
            self._process.stdin.close()

    def _send(self, wish: dict[str, object]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(wish) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as gone:
            code = self._process.wait()
            raise ProcessEnded(say(f"演示的帮手进程不见了（{code}）", f"the demo's helper is gone ({code})")) from gone

    def _end(self, seconds: float) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
