"""PostgreSQL's own pgbench, run with a script of ours."""

import asyncio
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.harness import CannotRun


def pgbench() -> str | None:
    """Where pgbench is, or None."""
    found = shutil.which("pgbench")
    if found:
        return found
    others = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    return str(others[-1]) if others else None


async def transactions_per_s(url: str, script: str, *options: str, most_s: float) -> float:
    """Run the prepared script in one thread against the server whose socket `url` names.

    Raises:
        CannotRun: pgbench failed, or took longer than `most_s` seconds.
    """
    program = pgbench()
    assert program is not None
    parts = urlsplit(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            program, "-n", "-M", "prepared", "-j", "1", *options,
            "-f", file.name, "-h", parse_qs(parts.query)["host"][0], "-U", str(parts.username), parts.path.lstrip("/"),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            said, _ = await asyncio.wait_for(process.communicate(), most_s)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise CannotRun(f"pgbench took longer than {most_s:.0f} s") from None
    text = said.decode(errors="replace")
    speed = re.search(r"tps = ([\d.]+)", text)
    if process.returncode or not speed or "ERROR" in text:
        raise CannotRun(f"pgbench failed: {text[-500:]}")
    return float(speed[1])
