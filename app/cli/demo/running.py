"""The demo from its first line to its last: servers, a ready database, the processes, the walk, the links."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from app.cli.demo.files import ORDER, SHELL
from app.cli.demo.helper_client import Helper
from app.cli.demo.links import EVENT_ROLES, ROLES, print_end, print_event, print_links
from app.cli.demo.ports import NoFreePort, free_port
from app.cli.demo.printing import Printer
from app.cli.demo.tree import AddressTaken, ProcessEnded, Tree, shown
from app.cli.output import say, why
from app.embedded import EmbeddedRefusal, FolderInUse, Servers, Unsupported, start
from app.gateways.channels.table import CHANNELS
from config.settings import PROJECT, environment_name

_ATTEMPTS: Final = 8
"""How often ports are taken anew where somebody else is quicker."""


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
    """Run the demo; answers the exit code: 0 good, 1 something was not as it must be, which one line tells."""
    printer = Printer()
    if os.environ.get("DIANDIAN_PROFILE") == "production":
        printer.fault(printer.say("演示不在正式环境中运行", "the demo refuses the production profile"))
        return 2
    data = Path(os.environ.get(environment_name("data_folder"), PROJECT / ".data")).absolute()
    signal.signal(signal.SIGTERM, _leave)
    try:
        if wishes.reset:
            from app.embedded import erase

            erase(data)
            shutil.rmtree(data / "files", ignore_errors=True)
            (data / ORDER).unlink(missing_ok=True)  # it names organisations that are gone
        with contextlib.ExitStack() as stack:
            return _run(wishes, printer, data, stack)
    except EmbeddedRefusal as refusal:
        printer.fault(_refused(refusal, data))
    except (ProcessEnded, NoFreePort) as fault:
        printer.fault(str(fault))
    except AddressTaken:
        printer.fault(printer.say("端口总被别的程序抢先占用", "others kept taking the ports first"))
    except OSError as trouble:
        printer.fault(why(trouble))
    except KeyboardInterrupt:
        printer.line()
        return 0
    return 1


def _refused(refusal: EmbeddedRefusal, data: Path) -> str:
    """Why there is no database, without the end of its log: which that is."""
    said = str(refusal).splitlines()[0] if str(refusal) else type(refusal).__name__
    if isinstance(refusal, FolderInUse):
        zh = f"另一个进程正在使用 {shown(data)}：先停掉它，或用 DIANDIAN_DATA_FOLDER 换一个目录"
    elif isinstance(refusal, Unsupported):
        zh = "这台机器不能运行自带的数据库：请设置 DATABASE_URL、DATABASE_OWNER_URL 与 REDIS_URL"
    else:
        logs = f"{shown(data / 'log' / 'postgres.log')}{say('、', ', ')}{shown(data / 'keeper.log')}"
        return say(f"自带的数据库没有起来；日志：{logs}", f"the embedded database did not come up: {said} Logs: {logs}")
    return say(zh, said)


def _run(wishes: Wishes, printer: Printer, data: Path, stack: contextlib.ExitStack) -> int:
    printer.head(f"点点碳中和 demo · v{version('diandian')}")
    # The servers come up in a process of their own; meanwhile the helper reads our programs, a second of work.
    with ThreadPoolExecutor(1) as elsewhere:
        starting = elsewhere.submit(start, data) if "DATABASE_URL" not in os.environ else None
        helper = stack.enter_context(Helper())
        servers = stack.enter_context(starting.result()) if starting else None
    try:
        return _rest(wishes, printer, data, stack, helper, servers)
    except ProcessEnded:
        if servers is not None:
            _look(servers)  # whatever ended, it may only have followed its database
        raise


def _look(servers: Servers) -> None:
    """Whether the embedded database still runs.

    Raises:
        ProcessEnded: it has gone; naming its log.
    """
    try:
        servers.check()
    except EmbeddedRefusal:
        log = shown(servers.log)
        raise ProcessEnded(say(f"数据库停止了；日志：{log}", f"the database has ended; its log: {log}")) from None


def _rest(
    wishes: Wishes, printer: Printer, data: Path, stack: contextlib.ExitStack, helper: Helper, servers: Servers | None
) -> int:
    for attempt in range(_ATTEMPTS):
        port = free_port(wishes.port + 2 * attempt)
        try:
            given, code, tree = _begin(wishes, printer, data, stack, helper, servers, port=port)
            break
        except AddressTaken:
            if attempt + 1 == _ATTEMPTS:
                raise
            printer.faint(
                printer.say(
                    f" 端口 {port} 或其后一个刚被别的程序占用，换下一个",
                    f" port {port} or the one after it was just taken by somebody else; the next ones",
                )
            )
    helper.ask("registry", environment=given, data=str(data))
    printer.faint(printer.say(f" 就绪，用时 {printer.seconds():.1f} 秒", f" ready in {printer.seconds():.1f} s"))

    base = f"http://127.0.0.1:{port}"
    if wishes.walk or wishes.walk_only:
        went = helper.ask("go", environment=given, base=base, scanned=f"{base}/s/{code}", folder=str(PROJECT / "demo"))
        printer.line()
        printer.line(f"   {went['serial']}")
        for path in went["files"]:
            printer.line(f"   {Path(path).relative_to(PROJECT)}")
        printer.faint(printer.say(f"   全程 {went['seconds']:.1f} 秒", f"   the whole way: {went['seconds']:.1f} s"))
    if wishes.walk_only:
        return 0
    key = given[environment_name("demo_key")]
    roles = helper.ask("roles", names=[name for name, _, _ in ROLES], key=key)
    print_links(given, code, roles, data, printer, qr=wishes.qr)
    _event(given, data, printer, helper, key)
    helper.leave()
    print_end(given, printer)
    while True:
        time.sleep(0.5)
        tree.check()
        if servers is not None:
            _look(servers)


def _event(given: dict[str, str], data: Path, printer: Printer, helper: Helper, key: str) -> None:
    """Set the city's event up, after all else can be opened; where that cannot be, the demo goes on without."""
    made = helper.ask("event", environment=given, data=str(data))
    if "fault" in made:
        printer.faint(printer.say(f"   赛事专区没有备好：{made['fault']}", f"   no city's event: {made['fault']}"))
    elif made["token"]:
        helper.ask("registry", environment=given, data=str(data))  # holds the units of the donors' lot, too
        roles = helper.ask("roles", names=[name for name, _, _ in EVENT_ROLES], key=key)
        print_event(given, made["token"], roles, printer)


def _begin(
    wishes: Wishes,
    printer: Printer,
    data: Path,
    stack: contextlib.ExitStack,
    helper: Helper,
    servers: Servers | None,
    *,
    port: int,
) -> tuple[dict[str, str], str, Tree]:
    """Begin every process on this port and the next free one; what they were given, the scene, and they.

    Raises:
        AddressTaken: somebody else came first; those that were begun have ended.
    """
    host = _lan_address() if wishes.lan else "127.0.0.1"
    sandbox_port, run = free_port(port + 1), secrets.token_hex(16)
    given: dict[str, str] = helper.ask(
        "make_environment", data=str(data), addresses=_addresses(servers),
        public=f"http://{host}:{port}", sandbox=f"http://{host}:{sandbox_port}", run=run,
    )  # fmt: skip
    printer.faint(_servers_line(servers, given))
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as begun:
        tree = Tree(logs, given)
        begun.callback(tree.end)
        tree.begin("sandbox", "-m", "app.sandbox", "--port", str(sandbox_port), "--folder", str(data / "sandbox"),
                   "--base-url", f"http://{host}:{sandbox_port}", "--run", run)  # fmt: skip
        app_url = given.get("DATABASE_DIRECT_URL") or given.get("DATABASE_URL", "")
        helper.ask("migrate", owner_url=_owner_url(given), app_url=app_url)
        open_to = ["--host", "0.0.0.0"] if wishes.lan else []  # noqa: S104 - asked for
        tree.begin("serve", "-m", "app.cli", "serve", "--port", str(port), *open_to)
        tree.begin("worker", "-m", "app.cli", "worker")
        tree.begin("render", "-m", "app.cli", "worker", "--render")
        begun.callback((data / SHELL).unlink, missing_ok=True)  # its addresses end with the servers
        code: str = helper.ask("seed", environment=given, data=str(data))  # while they read their programs in
        helper.ask("transfers", environment=given)
        for one in (port, sandbox_port):
            tree.wait(f"http://127.0.0.1:{one}/readyz", run=run)
        stack.push(begun.pop_all())
    return given, code, tree


def _addresses(servers: Servers | None) -> dict[str, str]:
    """Of PostgreSQL and Redis; without servers of ours, those of this process stand."""
    if servers is None:
        return {}
    return {
        "DATABASE_URL": servers.database_url("ddt_app"),
        "DATABASE_OWNER_URL": servers.database_url("ddt_owner"),
        "REDIS_URL": servers.redis_url,
    }


def _owner_url(given: dict[str, str]) -> str:
    url = given.get("DATABASE_OWNER_URL")
    if not url:
        raise ProcessEnded(
            say(
                "没有设置 DATABASE_OWNER_URL：迁移以表的所有者身份运行",
                "DATABASE_OWNER_URL is not set: migrations run as the owner of the tables",
            )
        )
    return url


def _servers_line(servers: Servers | None, environment: dict[str, str]) -> str:
    where = say("自带", "embedded") if servers is not None else say("您自己的", "your own")
    without = say("没有 Redis：工作进程每秒看一次", "no Redis: the workers look every second")
    queue = "Valkey" if environment.get("REDIS_URL") else without
    knobs = " ".join(environment)
    names = ", ".join(kind.name for kind in CHANNELS if environment_name(f"{kind.name}_") in knobs)
    rest = say(f"工作进程 2 · 渠道 {names}", f"workers 2 · channels {names}")
    return f" PostgreSQL {where} · {queue} · {rest} (SANDBOX 样张)"


def _lan_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent, the system only picks a route
        return str(probe.getsockname()[0])


def _leave(*_: object) -> None:
    raise KeyboardInterrupt
