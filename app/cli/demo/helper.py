"""The helper of the demo: a process that reads the whole program, prepares everything, walks, and goes.

What it has read goes with it, so the process that stays holds little. Each line on standard input is a JSON object
`{"do": verb, …}`; each answer is a line on the pipe whose number is the first argument: `{"answer": …}` or
`{"fault": sentence}`. When standard input ends before `leave`, whoever asked is gone, and this process ends at once.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import Any


def main() -> None:
    """Serve until told to leave."""
    asked: SimpleQueue[dict[str, Any]] = SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    verbs = _read_program()
    with os.fdopen(int(sys.argv[1]), "w") as answers:
        while (wish := asked.get()).pop("do") == "ask":
            try:
                told = {"answer": verbs[wish.pop("verb")](**wish)}
            except Exception as trouble:  # noqa: BLE001 - told to whoever asked, who ends the demo
                told = {"fault": _sentence(trouble)}
            answers.write(json.dumps(told) + "\n")
            answers.flush()


def _sentence(trouble: Exception) -> str:
    """One line in the reader's language."""
    import httpx

    from app.cli.demo.steps import WalkFailed
    from app.cli.output import read_language, say
    from app.cli.setup import describe_error, describe_trouble, is_database_trouble
    from app.kernel.errors import DomainError
    from config.settings import SettingsUnfit

    if isinstance(trouble, WalkFailed):
        return str(trouble)
    if isinstance(trouble, httpx.HTTPError):
        kind = type(trouble).__name__
        return say(f"网页没有应答（{kind}）", f"a page did not answer ({kind})")
    if isinstance(trouble, SettingsUnfit):
        return say("；", "; ").join(say(fault.zh, fault) for fault in trouble.faults)
    if isinstance(trouble, DomainError):
        return describe_error(trouble, read_language())
    if is_database_trouble(trouble):
        return describe_trouble(trouble)
    return " ".join(f"{type(trouble).__name__}: {trouble}".split())[:400]


def _listen(asked: "SimpleQueue[dict[str, Any]]") -> None:
    for line in sys.stdin:
        asked.put(wish := json.loads(line))
        if wish["do"] == "leave":
            return
    os._exit(1)


def _read_program() -> Mapping[str, Callable[..., Any]]:
    """A second of work, while the servers come up."""
    from app.cli.demo import setup
    from app.cli.demo.city_event import event
    from app.cli.demo.files import write_order, write_shell
    from app.cli.demo.printing import Printer
    from app.cli.demo.walkthrough import Walk, walk
    from app.cli.operations.migrating import migrate as bring_up
    from app.cli.seeding.reader import bank_open
    from app.cli.seeding.scenes import seed as sow
    from app.cli.seeding.transfers import leave_transfers
    from app.kernel.mass import GRAMS_PER_TONNE
    from app.views.demo_roles import ORGANISER_EMAIL, RoleName, token
    from config.loading import load
    from config.settings import Settings

    def make_environment(
        *, data: str, addresses: dict[str, str], public: str, sandbox: str, run: str
    ) -> dict[str, str]:
        return setup.environment(Path(data), None, public=public, sandbox=sandbox, run=run) | addresses

    def migrate(*, owner_url: str, app_url: str) -> None:
        asyncio.run(bring_up(owner_url, app_url=app_url, alone_g=Settings().retire_alone_tonnes * GRAMS_PER_TONNE))

    def seed(*, environment: dict[str, str], data: str) -> str:
        seeded = asyncio.run(sow(load(environment)))
        write_shell(Path(data), environment, email=ORGANISER_EMAIL)
        write_order(Path(data), seeded.joint)
        return seeded.code

    def transfers(*, environment: dict[str, str]) -> None:
        asyncio.run(leave_transfers(load(environment)))

    def registry(*, environment: dict[str, str], data: str) -> None:
        settings, folder = load(environment), Path(data) / "sandbox"
        asyncio.run(setup.issue_registry_units(settings, folder))
        asyncio.run(setup.tell_wechat_where(settings, folder))

    async def with_bank(settings: Settings, base: str, scanned: str, folder: Path) -> Walk:
        async with bank_open(settings) as bank:
            return await asyncio.to_thread(walk, base, scanned, folder, Printer(), bank)

    def go(*, environment: dict[str, str], base: str, scanned: str, folder: str) -> dict[str, Any]:
        went = asdict(asyncio.run(with_bank(load(environment), base, scanned, Path(folder))))
        return went | {"files": [str(path) for path in went["files"]]}

    def roles(*, names: list[RoleName], key: str) -> list[str]:
        return [token(name, key=key) for name in names]

    return {one.__name__: one for one in (make_environment, migrate, seed, transfers, event, registry, go, roles)}


if __name__ == "__main__":
    main()
