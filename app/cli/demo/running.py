"""The demo from its first line to its last: servers, a ready database, the processes, the walk, the links."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.cli.demo.furnishing import NoFreePort, environment, free_port, furnish_registry
from app.cli.demo.telling import Teller
from app.cli.demo.tree import ProcessEnded, Tree
from app.embedded import EmbeddedRefusal, Servers, start
from app.web.rehearsal import RoleName, token
from config.settings import PROJECT, environment_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asked for."""

    walk_only: bool
    walk: bool
    qr: bool
    lan: bool
    reset: bool
    port: int


def demo(wishes: Wishes) -> int:
    """Run the demo; answers the exit code: 0 good, 1 something was not as it must be."""
    teller = Teller()
    if os.environ.get("DIANDIAN_PROFILE") == "production":
        teller.fault("demo", "refuses the production profile")
        return 2
    data = Path(os.environ.get(environment_name("data_folder"), PROJECT / ".data")).absolute()
    signal.signal(signal.SIGTERM, _leave)
    try:
        if wishes.reset:
            from app.embedded import erase

            erase(data)
            shutil.rmtree(data / "files", ignore_errors=True)
        with contextlib.ExitStack() as stack:
            return _run(wishes, teller, data, stack)
    except EmbeddedRefusal as refusal:
        teller.fault("servers", str(refusal))
    except (ProcessEnded, NoFreePort) as fault:
        teller.fault("demo", str(fault))
    except KeyboardInterrupt:
        teller.line()
        return 0
    return 1


def _run(wishes: Wishes, teller: Teller, data: Path, stack: contextlib.ExitStack) -> int:
    teller.head(f"点点碳中和 demo · v{version('diandian')}")
    # The servers come up in a process of their own; meanwhile this one reads its programs, a second of work.
    with ThreadPoolExecutor(1) as elsewhere:
        starting = elsewhere.submit(start, data) if "DATABASE_URL" not in os.environ else None
        from app.cli.demo.walking import WalkFailed, walk
        from app.cli.migrating import migrate
        from app.cli.seeding import LIVE_CODE, seed
        from config.loading import load

        servers = stack.enter_context(starting.result()) if starting else None
    host = _lan_address() if wishes.lan else "127.0.0.1"
    port = free_port(wishes.port)
    sandbox_port = free_port(port + 1)
    given = environment(data, servers, public=f"http://{host}:{port}", sandbox=f"http://{host}:{sandbox_port}")
    teller.faint(_servers_line(servers, given))
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)

    tree = Tree(logs, given)
    stack.callback(tree.end)
    tree.begin("sandbox", "-m", "app.sandbox", "--port", str(sandbox_port), "--folder", str(data / "sandbox"),
               "--base-url", f"http://{host}:{sandbox_port}")  # fmt: skip
    _prepare("migrate", migrate(_owner_url(given)))
    tree.begin("serve", "-m", "app.cli", "serve", "--port", str(port), *(["--host", "0.0.0.0"] if wishes.lan else []))  # noqa: S104 - asked for
    tree.begin("worker", "-m", "app.cli", "worker")
    tree.begin("render", "-m", "app.cli", "worker", "--render")
    _prepare("seed", seed(load(given)))  # while they read their programs in
    for url in (f"http://127.0.0.1:{port}/readyz", f"http://127.0.0.1:{sandbox_port}/readyz"):
        tree.wait(url)
    _prepare("registry", furnish_registry(load(given), data / "sandbox"))
    teller.faint(teller.say(f" 就绪，用时 {teller.seconds():.1f} 秒", f" ready in {teller.seconds():.1f} s"))

    base = f"http://127.0.0.1:{port}"
    if wishes.walk or wishes.walk_only:
        try:
            went = walk(base, f"{base}/s/{LIVE_CODE}", PROJECT / "demo", teller)
        except WalkFailed as fault:
            raise ProcessEnded(str(fault)) from fault
        teller.line()
        teller.line(f"   {went.serial}")
        for path in went.files:
            teller.line(f"   {path.relative_to(PROJECT)}")
        teller.faint(teller.say(f"   全程 {went.seconds:.1f} 秒", f"   the whole way: {went.seconds:.1f} s"))
    if wishes.walk_only:
        return 0
    _links(given, LIVE_CODE, wishes, teller)
    while True:
        time.sleep(0.5)
        tree.check()


def _prepare(name: str, work: Coroutine[Any, Any, object]) -> None:
    """Do one step in this process: a process of its own would read the whole program first.

    Raises:
        ProcessEnded: it did not succeed.
    """
    try:
        asyncio.run(work)
    except Exception as trouble:
        raise ProcessEnded(f"`{name}` failed: {type(trouble).__name__}: {trouble}") from trouble


def _owner_url(given: dict[str, str]) -> str:
    url = given.get("DATABASE_OWNER_URL")
    if not url:
        raise ProcessEnded("DATABASE_OWNER_URL is not set: migrations run as the owner of the tables")
    return url


def _servers_line(servers: Servers | None, environment: dict[str, str]) -> str:
    where = "embedded" if servers is not None else "your own"
    bell = "Valkey" if environment.get("REDIS_URL") else "no Redis: the workers look every second"
    return f" PostgreSQL {where} · {bell} · workers 2 · gateway wechatpay (SANDBOX 样张)"


def _links(given: Mapping[str, str], code: str, wishes: Wishes, teller: Teller) -> None:

    public, sandbox = given[environment_name("public_url")], given[environment_name("sandbox_url")]
    key = given[environment_name("demo_key")]
    scene = f"{public}/s/{code}"
    teller.line()
    if wishes.qr:
        teller.qr(scene)
    for number, (label, url) in enumerate(
        [
            (teller.say("扫一扫", "Scan"), scene),
            (teller.say("验真", "Verify"), f"{public}/verify"),
            (teller.say("我的证书", "My certificates"), f"{public}/me"),
            (teller.say("接口文档", "API"), f"{public}/docs"),
            (teller.say("账目", "Books"), f"{public}/books"),
        ],
        start=1,
    ):
        teller.link(number, label, url)
    teller.faint(teller.say("   一键身份（仅限本机）", "   one-click roles (this machine only)"))
    roles: tuple[tuple[RoleName, str, str], ...] = (
        ("citizen", "市民", "Citizen"), ("visitor", "外国访客", "Foreign visitor"), ("organiser", "主办方", "Organiser"),
        ("operator", "经办（上游注销）", "Operator (upstream)"), ("reviewer", "复核（上游注销）", "Reviewer (upstream)"),
    )  # fmt: skip
    for role, zh, en in roles:
        teller.link(0, teller.say(zh, en), f"{public}/demo/{role}/{token(role, key=key)}")
    teller.faint(
        teller.say(f"   沙箱收银台在 {sandbox}；Ctrl-C 结束", f"   sandbox cashier at {sandbox}; Ctrl-C ends it all")
    )


def _lan_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent, the system only picks a route
        return str(probe.getsockname()[0])


def _leave(*_: object) -> None:
    raise KeyboardInterrupt
