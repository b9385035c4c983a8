"""The embedded servers: they come up, keep their data, and never outlive the process they serve."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from app import embedded
from app.embedded import places
from app.embedded import servers as servers_module

ROOT = Path(embedded.__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")

PARENT = """
import json, os, signal, sys, time
from pathlib import Path
from app.embedded import start
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
servers = start(Path(sys.argv[1]))
if "fork" in sys.argv and os.fork() == 0:
    time.sleep(20)  # holds our end of the pipe
    os._exit(0)
print(json.dumps({
    "postgres": servers.postgres_pid, "valkey": servers.valkey_pid, "keeper": servers._keeper.pid,
    "url": servers.database_url("postgres"), "redis": servers.redis_socket,
}), flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder():
    """One data folder for the module: making a cluster takes a second, finding it again a fifth."""
    made = Path(tempfile.mkdtemp(prefix="diandian-test-"))
    yield made
    embedded.erase(made)
    shutil.rmtree(made)


@pytest.fixture
def servers(folder):
    with embedded.start(folder) as running:
        yield running


class Parent:
    """A process of its own that started the servers, for us to treat badly."""

    def __init__(self, folder, *words):
        argv = [sys.executable, "-c", PARENT, folder, *words]
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
        self.facts = json.loads(self.process.stdout.readline())
        self.pids = [self.facts["postgres"], self.facts["valkey"], *children(self.facts["postgres"])]

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(10)
        self.process.stdout.close()


def table():
    """pid -> (parent, state, uid) of all processes; a slim container has no `ps`, a Mac has no /proc."""
    if not Path("/proc/self/stat").exists():
        told = subprocess.run(["ps", "-axo", "pid=,ppid=,state=,uid="], capture_output=True, text=True, check=True)
        rows = (line.split() for line in told.stdout.splitlines())
        return {int(pid): (int(parent), state[0], int(uid)) for pid, parent, state, uid in rows}
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (entry / "stat").read_text().rpartition(") ")[2].split()[:2]
            found[int(entry.name)] = (int(parent), state, entry.stat().st_uid)
        except OSError:  # it ended meanwhile
            continue
    return found


def children(pid):
    return [child for child, (parent, _, _) in table().items() if parent == pid]


def runs(pid):
    return pid in (known := table()) and known[pid][1] != "Z"  # a zombie waits to be collected and does nothing


def passable():
    """A new folder that root's unprivileged account may pass through."""
    made = Path(tempfile.mkdtemp(prefix="diandian-test-"))
    made.chmod(0o711)
    return made


def installed_in(home):
    """The wheels' programs as an environment in that home would hold them."""
    found = servers_module._binaries()
    install = found.postgres.parent
    package = home / "site" / install.parent.name
    shutil.copytree(install, package / install.name, ignore=shutil.ignore_patterns("include", "*.a"))
    for libraries in install.parents[1].glob(f"{install.parent.name}.libs"):
        shutil.copytree(libraries, home / "site" / libraries.name)
    shutil.copy2(found.valkey, home / "site")
    return places.Binaries(package / install.name / "bin", home / "site" / found.valkey.name)


def is_private(path):
    return path.stat().st_mode & 0o077 == 0


def is_there(path):
    return path.exists()


def all_gone(pids, *, within_s=8.0):
    deadline = time.monotonic() + within_s
    while any(runs(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_free(folder):
    with (folder / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True


async def ask(url, question, *values):
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(question, *values)
    finally:
        await connection.close()


async def mark(url):
    """Commit something worth finding again."""
    await ask(url, "CREATE TABLE IF NOT EXISTS mark (at timestamptz DEFAULT clock_timestamp())")
    return await ask(url, "INSERT INTO mark DEFAULT VALUES RETURNING at")


async def is_marked(url, at):
    return await ask(url, "SELECT count(*) FROM mark WHERE at = $1", at) == 1


async def test_both_servers_answer_on_private_sockets(servers):
    assert await ask(servers.database_url("ddt_owner"), "SELECT current_user::text") == "ddt_owner"
    assert await ask(servers.database_url("ddt_app"), "SELECT current_user::text") == "ddt_app"
    async with Redis.from_url(servers.redis_url) as redis:
        assert await redis.ping()
    assert await ask(servers.database_url(), "SELECT current_setting('listen_addresses')") == ""
    assert is_private(Path(servers.socket_dir))


async def test_what_is_committed_is_on_disc_and_checked(servers):
    for name, value in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
    }.items():
        assert await ask(servers.database_url(), "SELECT current_setting($1)", name) == value
    assert await ask(servers.database_url(), "SELECT current_setting('TimeZone')") == "UTC"


async def test_the_application_role_may_connect_and_no_more(servers):
    url = servers.database_url("ddt_app")
    for forbidden in ("CREATE TABLE t (i int)", "CREATE TEMP TABLE t (i int)", "CREATE ROLE r", "CREATE DATABASE d"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(url, forbidden)
    assert not await ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


async def test_the_owner_role_owns_the_database_and_is_no_superuser(servers):
    url = servers.database_url("ddt_owner")
    await ask(url, "CREATE TABLE owned (i int)")
    await ask(url, "DROP TABLE owned")
    assert not await ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


async def test_a_second_start_finds_the_data_of_the_first(folder):
    with embedded.start(folder) as first:
        at = await mark(first.database_url("postgres"))
        async with Redis.from_url(first.redis_url) as redis:
            await redis.set("mark", "kept")
    with embedded.start(folder) as second:
        assert await is_marked(second.database_url("postgres"), at)
        async with Redis.from_url(second.redis_url) as redis:
            assert await redis.get("mark") == b"kept"


def test_a_stop_leaves_no_process_and_no_socket(folder):
    with embedded.start(folder) as servers:
        pids = [servers.postgres_pid, servers.valkey_pid, *children(servers.postgres_pid)]
        run = Path(servers.socket_dir)
        assert len(pids) > 4
    assert all_gone(pids, within_s=0.0)
    assert not run.exists() or not list(run.iterdir())
    servers.stop()  # a second time is harmless


@pytest.mark.faults
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_no_server_outlives_its_parent(folder, how):
    parent = Parent(folder)
    at = await mark(parent.facts["url"])
    parent.end(how)
    assert all_gone([*parent.pids, parent.facts["keeper"]])
    assert is_free(folder)
    assert not is_there(Path(parent.facts["redis"]))
    with embedded.start(folder) as again:
        assert await is_marked(again.database_url("postgres"), at)


@pytest.mark.faults
def test_a_forked_child_that_keeps_the_pipe_open_keeps_no_server(folder):
    parent = Parent(folder, "fork")
    orphan = next(pid for pid in children(parent.process.pid) if pid != parent.facts["keeper"])
    try:
        parent.process.kill()
        parent.process.wait(10)
        assert all_gone(parent.pids)
        assert runs(orphan)
    finally:
        os.kill(orphan, signal.SIGKILL)
        parent.process.stdout.close()


@LINUX
@pytest.mark.faults
async def test_no_server_outlives_a_killed_keeper(folder):
    parent = Parent(folder)
    try:
        os.kill(parent.facts["keeper"], signal.SIGKILL)
        with embedded.start(folder) as again:  # at once: it waits for what is still ending
            assert all_gone(parent.pids, within_s=0.0)
            assert await ask(again.database_url(), "SELECT 1") == 1
    finally:
        parent.end(signal.SIGKILL)


@pytest.mark.faults
async def test_a_start_right_after_a_kill_waits_for_the_old_servers(folder):
    parent = Parent(folder)
    parent.process.kill()
    with embedded.start(folder) as again:
        assert await ask(again.database_url(), "SELECT 1") == 1
        assert again.postgres_pid != parent.facts["postgres"]
    parent.end(signal.SIGKILL)


async def test_a_second_instance_is_refused_by_the_first_ones_number(servers, folder):
    with pytest.raises(embedded.FolderInUse, match=f"Process {os.getpid()} "):
        embedded.start(folder)
    with pytest.raises(embedded.FolderInUse):
        embedded.erase(folder)
    assert await ask(servers.database_url(), "SELECT 1") == 1


async def test_stale_lock_and_pid_files_are_taken_over(folder):
    with embedded.start(folder) as servers:
        home = servers.home
    (folder / "lock").write_text('{"state": "running", "pid": 1, "run": "/nowhere"}')
    stale = home / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{home / 'postgres'}\n")  # the number now belongs to a living stranger
    if AS_ROOT:
        shutil.chown(stale, (home / "postgres").stat().st_uid)
    with embedded.start(folder) as servers:
        assert await ask(servers.database_url(), "SELECT 1") == 1


async def test_an_interrupted_first_start_leaves_nothing_half_made():
    folder = passable()
    half = folder / "postgres.new" / "base"
    half.mkdir(parents=True)
    try:
        with embedded.start(folder) as servers:
            assert await ask(servers.database_url(), "SELECT 1") == 1
            assert not half.exists()
    finally:
        embedded.erase(folder)
        shutil.rmtree(folder)


async def test_a_long_path_with_spaces_and_chinese_gets_short_plain_sockets():
    top = passable()
    folder = top / "碳 中和, 点点%20" / ("a" * 120) / ".data"
    try:
        with embedded.start(folder) as servers:
            assert len(f"{servers.socket_dir}/.s.PGSQL.5432") < 100
            assert await ask(servers.database_url("ddt_owner"), "SELECT 1") == 1
            async with Redis.from_url(servers.redis_url) as redis:
                assert await redis.ping()
            run = Path(servers.socket_dir)
            assert is_private(run)
        assert not is_there(run)
    finally:
        embedded.erase(folder)
        shutil.rmtree(top)


async def test_another_major_versions_cluster_is_left_alone(folder):
    with embedded.start(folder) as servers:
        version = servers.home / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(embedded.ServerFailed, match="made by PostgreSQL 17"):
        embedded.start(folder)
    version.write_text("18\n")
    with embedded.start(folder) as servers:
        assert await ask(servers.database_url(), "SELECT 1") == 1


@pytest.mark.faults
async def test_a_killed_postgresql_recovers_what_was_committed(servers):
    url = servers.database_url("postgres")
    at = await mark(url)
    pids = [servers.postgres_pid, *children(servers.postgres_pid)]
    servers.kill_postgres()
    assert all_gone(pids, within_s=0.0)
    assert servers.postgres_pid is None
    with pytest.raises(ConnectionError):
        await ask(url, "SELECT 1")
    servers.start_postgres()
    assert await is_marked(url, at)


@pytest.mark.faults
async def test_a_restarted_postgresql_has_the_same_address(servers):
    before = servers.postgres_pid
    servers.restart_postgres()
    assert servers.postgres_pid != before
    assert await ask(servers.database_url(), "SELECT 1") == 1


@pytest.mark.faults
async def test_a_killed_valkey_comes_back_at_the_same_address(servers):
    pid = servers.valkey_pid
    servers.kill_valkey()
    assert all_gone([pid], within_s=0.0)
    assert servers.valkey_pid is None
    servers.start_valkey()
    async with Redis.from_url(servers.redis_url) as redis:
        assert await redis.ping()


@pytest.mark.skipif(not AS_ROOT, reason="only root hands PostgreSQL to another account")
def test_root_hands_both_servers_to_an_unprivileged_account(servers):
    assert all(table()[pid][2] != 0 for pid in (servers.postgres_pid, servers.valkey_pid))
    assert (servers.home / "postgres").stat().st_uid != 0
    assert is_private(servers.home / "postgres")


@pytest.mark.skipif(not AS_ROOT, reason="only root hands PostgreSQL to another account")
async def test_a_checkout_in_a_closed_home_is_not_opened_to_the_world(tmp_path, monkeypatch):
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    folder = closed / "checkout" / ".data"
    programs = installed_in(closed)
    monkeypatch.setattr(servers_module, "_binaries", lambda: programs)
    try:
        with embedded.start(folder) as servers:
            assert servers.home != folder
            assert str(servers.home) in servers.notes[0]
            assert await ask(servers.database_url(), "SELECT 1") == 1
        assert is_private(closed)
        with embedded.start(folder) as again:
            assert again.home == servers.home
    finally:
        embedded.erase(folder)
    assert not is_there(servers.home)
