"""Runs many verbs in one process, which reads the program once: a JSON list of `{"arguments", "environment"}` on standard
input, a list of `{"code", "out", "err", "trouble"}` on standard output."""

import json
import sys
import traceback

from click.testing import CliRunner

from app.cli import main


def run(arguments: list[str], environment: dict[str, str]) -> dict[str, object]:
    """What one verb prints, as `diandian` with these arguments would."""
    result = CliRunner().invoke(main, arguments, env=environment, prog_name="diandian")
    is_bug = result.exception is not None and not isinstance(result.exception, SystemExit)
    trouble = "".join(traceback.format_exception(result.exception)) if is_bug else ""
    return {"code": result.exit_code, "out": result.stdout, "err": result.stderr + trouble}


if __name__ == "__main__":
    json.dump([run(**one) for one in json.load(sys.stdin)], sys.stdout)
