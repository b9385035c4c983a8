"""The demo from its first line to its last: servers, a ready database, the processes, the walk, the links."""

import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from app.cli.demo.handing import Hand
from app.cli.demo.ports import NoFreePort, free_port
from app.cli.demo.telling import Teller
from app.cli.demo.tree import ProcessEnded, Tree
from app.cli.demo.writing import ORDER, SHELL
from app.embedded import EmbeddedRefusal, Servers, start
from config.settings import PROJECT, environment_name

_ROLES: Final = (
    ("citizen", "市民", "Citizen"),
    ("visitor", "外国访客", "Foreign visitor"),
    ("organiser", "主办方", "Organiser"),
    ("operator", "经办（上游注销）", "Operator (upstream)"),
    ("reviewer", "复核（上游注销）", "Reviewer (upstream)"),
    ("administrator", "管理员", "Administrator"),
)


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
            (data / ORDER).unlink(missing_ok=True)  # it names organisations that are gone
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
    # The servers come up in a process of their own; meanwhile the hand reads our programs, a second of work.
    with ThreadPoolExecutor(1) as elsewhere:
        starting = elsewhere.submit(start, data) if "DATABASE_URL" not in os.environ else None
        hand = stack.enter_context(Hand())
        servers = stack.enter_context(starting.result()) if starting else None
    host = _lan_address() if wishes.lan else "127.0.0.1"
    port = free_port(wishes.port)
    sandbox_port = free_port(port + 1)
    given: dict[str, str] = hand.ask(
        "furnish", data=str(data), addresses=_addresses(servers),
        public=f"http://{host}:{port}", sandbox=f"http://{host}:{sandbox_port}",
    )  # fmt: skip
    teller.faint(_servers_line(servers, given))
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)

    tree = Tree(logs, given)
    stack.callback(tree.end)
    tree.begin("sandbox", "-m", "app.sandbox", "--port", str(sandbox_port), "--folder", str(data / "sandbox"),
               "--base-url", f"http://{host}:{sandbox_port}")  # fmt: skip
    hand.ask("migrate", owner_url=_owner_url(given))
    tree.begin("serve", "-m", "app.cli", "serve", "--port", str(port), *(["--host", "0.0.0.0"] if wishes.lan else []))  # noqa: S104 - asked for
    tree.begin("worker", "-m", "app.cli", "worker")
    tree.begin("render", "-m", "app.cli", "worker", "--render")
    stack.callback((data / SHELL).unlink, missing_ok=True)  # its addresses end with the servers
    code: str = hand.ask("seed", environment=given, data=str(data))  # while they read their programs in
    for url in (f"http://127.0.0.1:{port}/readyz", f"http://127.0.0.1:{sandbox_port}/readyz"):
        tree.wait(url)
    hand.ask("registry", environment=given, data=str(data))
    teller.faint(teller.say(f" 就绪，用时 {teller.seconds():.1f} 秒", f" ready in {teller.seconds():.1f} s"))

    base = f"http://127.0.0.1:{port}"
    if wishes.walk or wishes.walk_only:
        went = hand.ask("go", base=base, scanned=f"{base}/s/{code}", folder=str(PROJECT / "demo"))
        teller.line()
        teller.line(f"   {went['serial']}")
        for path in went["files"]:
            teller.line(f"   {Path(path).relative_to(PROJECT)}")
        teller.faint(teller.say(f"   全程 {went['seconds']:.1f} 秒", f"   the whole way: {went['seconds']:.1f} s"))
    if wishes.walk_only:
        return 0
    roles = hand.ask("roles", names=[name for name, _, _ in _ROLES], key=given[environment_name("demo_key")])
    hand.leave()
    _links(given, code, roles, data, wishes, teller)
    while True:
        time.sleep(0.5)
        tree.check()


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
        raise ProcessEnded("DATABASE_OWNER_URL is not set: migrations run as the owner of the tables")
    return url


def _servers_line(servers: Servers | None, environment: dict[str, str]) -> str:
    where = "embedded" if servers is not None else "your own"
    bell = "Valkey" if environment.get("REDIS_URL") else "no Redis: the workers look every second"
    return f" PostgreSQL {where} · {bell} · workers 2 · gateway wechatpay (SANDBOX 样张)"


def _links(
    given: Mapping[str, str], code: str, roles: Sequence[str], data: Path, wishes: Wishes, teller: Teller
) -> None:
    public, sandbox = given[environment_name("public_url")], given[environment_name("sandbox_url")]
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
    for (role, zh, en), token in zip(_ROLES, roles, strict=True):
        teller.link(0, teller.say(zh, en), f"{public}/demo/{role}/{token}")
    teller.faint(teller.say("   终端：两家银行的联合订单，先看后下单", "   at a terminal: one order for two banks"))
    shell = os.path.relpath(data)
    teller.line(f" · . {shell}/{SHELL} && diandian order place --file {shell}/{ORDER}")
    teller.faint(
        teller.say(f"   沙箱收银台在 {sandbox}；Ctrl-C 结束", f"   sandbox cashier at {sandbox}; Ctrl-C ends it all")
    )


def _lan_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent, the system only picks a route
        return str(probe.getsockname()[0])


def _leave(*_: object) -> None:
    raise KeyboardInterrupt
