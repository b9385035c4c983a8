"""The processes of the demo, one supervised tree: servers, sandbox, API, two workers; all end with this one."""

import base64
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from app.cli.demo.telling import Teller
from app.cli.demo.walking import Walk, WalkFailed, walk
from app.cli.seeding import LIVE_CODE
from app.embedded import EmbeddedRefusal, Servers, start
from app.main import VERSION
from app.sandbox import keys as sandbox_keys
from config.settings import PROJECT, environment_name

_READY_S: Final = 60.0
_GRACE_S: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asked for."""

    walk_only: bool
    walk: bool
    qr: bool
    lan: bool
    reset: bool
    port: int


class ProcessEnded(Exception):
    """One of our processes ended by itself; its log says why."""


def demo(wishes: Wishes) -> int:
    """Run the demo; answers the exit code: 0 good, 1 something was not as it must be."""
    teller = Teller()
    if os.environ.get("DIANDIAN_PROFILE") == "production":
        teller.fault("demo", "refuses the production profile")
        return 2
    data = PROJECT / ".data"
    if wishes.reset:
        from app.embedded import erase

        erase(data)
        shutil.rmtree(data / "files", ignore_errors=True)
    signal.signal(signal.SIGTERM, _leave)
    try:
        with contextlib.ExitStack() as stack:
            return _run(wishes, teller, data, stack)
    except EmbeddedRefusal as refusal:
        teller.fault("servers", str(refusal))
    except (ProcessEnded, WalkFailed) as fault:
        teller.fault("demo", str(fault))
    except KeyboardInterrupt:
        teller.line()
        return 0
    return 1


def _run(wishes: Wishes, teller: Teller, data: Path, stack: contextlib.ExitStack) -> int:
    teller.head(f"点点碳中和 demo · v{VERSION}")
    servers = stack.enter_context(start(data)) if "DATABASE_URL" not in os.environ else None
    host = _lan_address() if wishes.lan else "127.0.0.1"
    port, sandbox_port = _free_port(wishes.port), _free_port(wishes.port + 1)
    environment = _environment(data, servers, public=f"http://{host}:{port}", sandbox=f"http://{host}:{sandbox_port}")
    teller.faint(_servers_line(servers, environment))
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    _once(["migrate"], environment, logs)
    _once(["seed"], environment, logs)

    tree = _Tree(logs, environment)
    stack.callback(tree.end)
    tree.begin("sandbox", "-m", "app.sandbox", "--port", str(sandbox_port), "--folder", str(data / "sandbox"),
               "--base-url", f"http://{host}:{sandbox_port}")  # fmt: skip
    tree.begin("serve", "-m", "app.cli", "serve", "--port", str(port), *(["--host", "0.0.0.0"] if wishes.lan else []))  # noqa: S104 - asked for
    tree.begin("worker", "-m", "app.cli", "worker")
    tree.begin("render", "-m", "app.cli", "worker", "--render")
    for url in (f"http://127.0.0.1:{port}/readyz", f"http://127.0.0.1:{sandbox_port}/readyz"):
        _wait(url, tree)
    teller.faint(teller.say(f" 就绪，用时 {teller.seconds():.1f} 秒", f" ready in {teller.seconds():.1f} s"))

    base = f"http://127.0.0.1:{port}"
    if wishes.walk or wishes.walk_only:
        went = walk(base, f"{base}/s/{LIVE_CODE}", PROJECT / "demo", teller)
        _summary(went, teller)
    if wishes.walk_only:
        return 0
    _links(environment[environment_name("public_url")], environment[environment_name("sandbox_url")], wishes, teller)
    while True:
        time.sleep(0.5)
        tree.check()


def _environment(data: Path, servers: Servers | None, *, public: str, sandbox: str) -> dict[str, str]:
    keys = sandbox_keys.ensure(data / "sandbox")
    knobs = {
        "profile": "embedded",
        "public_url": public,
        "data_folder": str(data),
        "master_keys": f"demo={_kept_secret(data, 'master')}",
        "index_key": _kept_secret(data, "index"),
        "csrf_key": _kept_secret(data, "csrf"),
        "wechat_appid": keys.appid,
        "wechat_secret": keys.app_secret,
        "wechat_url": sandbox,
        "wechatpay_url": sandbox,
        "wechatpay_mchid": keys.mchid,
        "wechatpay_serial": keys.merchant_serial,
        "wechatpay_private_key": keys.merchant_private_key_pem,
        "wechatpay_apiv3_key": keys.apiv3_key,
        "wechatpay_public_key_id": keys.platform_public_key_id,
        "wechatpay_public_key": keys.platform_public_key_pem,
        "wechatpay_certificates": keys.platform_certificate_pem,
        "sandbox_url": sandbox,
    }
    environment = dict(os.environ) | {environment_name(name): value for name, value in knobs.items()}
    environment |= {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(PROJECT)}
    if servers is not None:
        environment |= {
            "DATABASE_URL": servers.database_url("ddt_app"),
            "DATABASE_OWNER_URL": servers.database_url("ddt_owner"),
            "REDIS_URL": servers.redis_url,
        }
    return environment


def _kept_secret(data: Path, name: str) -> str:
    """A key of this demo's own, made once and kept beside its data."""
    path = data / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    return path.read_text()


def _servers_line(servers: Servers | None, environment: dict[str, str]) -> str:
    where = "embedded" if servers is not None else "your own"
    bell = "Valkey" if environment.get("REDIS_URL") else "no Redis: the workers look every second"
    return f" PostgreSQL {where} · {bell} · workers 2 · gateway wechatpay (SANDBOX 样张)"


def _once(arguments: list[str], environment: dict[str, str], logs: Path) -> None:
    with (logs / f"{arguments[0]}.log").open("w") as log:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "app.cli", *arguments],
            env=environment, cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if done.returncode:
        tail = "\n".join((logs / f"{arguments[0]}.log").read_text().splitlines()[-12:])
        raise ProcessEnded(f"`{arguments[0]}` failed:\n{tail}")


class _Tree:
    """Our processes; they are told to end together and killed when they do not."""

    def __init__(self, logs: Path, environment: dict[str, str]) -> None:
        self._logs = logs
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self, name: str, *arguments: str) -> None:
        """Start one; its output goes to a log of its own. It ends when this process is gone, however that happens."""
        with (self._logs / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "app.cli.demo.tied", *arguments],
                env=self._environment, cwd=PROJECT, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                process_group=0,
            )  # fmt: skip

    def check(self) -> None:
        """Raise where one has ended by itself.

        Raises:
            ProcessEnded: with the end of its log.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                tail = "\n".join((self._logs / f"{name}.log").read_text(errors="replace").splitlines()[-12:])
                raise ProcessEnded(f"{name} ended with {process.returncode}:\n{tail}")

    def end(self) -> None:
        """Ask all to end, wait, and kill what stays."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + _GRACE_S
        for process in self._running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, tree: _Tree) -> None:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        tree.check()
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        time.sleep(0.05)
    raise ProcessEnded(f"{url} did not answer within {_READY_S:.0f} s")


def _summary(went: Walk, teller: Teller) -> None:
    teller.line()
    teller.line(f"   {went.serial}")
    for path in went.files:
        teller.line(f"   {path.relative_to(PROJECT)}")
    teller.faint(teller.say(f"   全程 {went.seconds:.1f} 秒", f"   the whole way: {went.seconds:.1f} s"))


def _links(public: str, sandbox: str, wishes: Wishes, teller: Teller) -> None:
    scene = f"{public}/s/{LIVE_CODE}"
    teller.line()
    if wishes.qr:
        teller.qr(scene)
    for number, (label, url) in enumerate(
        [
            (teller.say("扫一扫", "Scan"), scene),
            (teller.say("英文页面", "In English"), f"{scene}?lang=en"),
            (teller.say("验真", "Verify"), f"{public}/verify"),
            (teller.say("我的证书", "My certificates"), f"{public}/me"),
            (teller.say("接口文档", "API"), f"{public}/docs"),
            (teller.say("账目", "Books"), f"{public}/api/v1/books"),
        ],
        start=1,
    ):
        teller.link(number, label, url)
    teller.faint(teller.say(f"   沙箱收银台在 {sandbox}；Ctrl-C 结束", f"   sandbox cashier at {sandbox}; Ctrl-C ends it all"))


def _free_port(wished: int) -> int:
    """The wished port, or the next one up to twenty further that nobody listens on."""
    for port in range(wished, wished + 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise ProcessEnded(f"no free port from {wished} on")


def _lan_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent, the system only picks a route
        return str(probe.getsockname()[0])


def _leave(*_: object) -> None:
    raise KeyboardInterrupt

