"""Whether this installation is fit: what is looked at, and what to do where it is not well.

What production refuses is a fault there and a note in a rehearsal; what no installation can do without is
a fault everywhere. Redis is never more than a note: without it everything is slower and nothing is lost.
"""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app import claims, fonts, footprint, holdings, wiring
from app.cli.reporting import Check, State
from app.fonts.rules import SANS, SERIF
from app.gateways.database import TROUBLE
from app.kernel.errors import DomainError
from config.loading import examine
from config.places import RECOGNITION, RULES
from config.settings import PROJECT, Settings, SettingsUnfit, environment_name
from workers.subscriptions import by_kind

PYTHON_LEAST: Final = (3, 11)
SKEW_S_MOST: Final = 2.0
FREE_LEAST: Final = 512 * 1024**2
FREE_WISHED: Final = 5 * 1024**3
"""Bytes; the files of one certificate take about half a million."""
_AWAY: Final = (TimeoutError, ValueError, *TROUBLE)
_LEVEL: Final = "SELECT name FROM tortoise_migrations ORDER BY applied_at DESC, id DESC LIMIT 1"


async def look(environment: Mapping[str, str] = os.environ, *, as_production: bool = False) -> list[Check]:
    """Every finding, in the order in which a person would mend them; `as_production` judges as production would."""
    if as_production:
        environment = {**environment, "DIANDIAN_PROFILE": "production"}
    settings, faults = examine(environment)
    refused: State = "fault" if settings.profile == "production" else "note"
    return [
        _python(),
        *_settings(settings, faults),
        *await _keys(settings),
        *_secret_files(environment),
        _fault_point(environment, refused),
        *await _database(settings, refused),
        await _redis(settings),
        _factors(settings),
        _recognition(settings),
        _rules(settings),
        *_fonts(settings),
        *_seal(settings),
        *_data_folder(settings),
    ]


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    is_new = sys.version_info >= PYTHON_LEAST
    return Check("python", "good" if is_new else "fault", version, "install Python 3.11 or newer")


def _settings(settings: Settings, faults: list[str]) -> Iterator[Check]:
    if not faults:
        yield Check("settings", "good", f"fit for {settings.profile}")
    for fault in faults:
        yield Check("settings", "fault", fault, "config/settings.py tells each knob")


async def _keys(settings: Settings) -> list[Check]:
    """Whether the keys that are set can be built into what uses them."""
    if not settings.master_keys:
        return []  # the settings say so
    try:
        wiring.keyring(settings)
        wiring.issuer(settings)
        gateways = wiring.gateways(settings)
    except SettingsUnfit as unfit:
        return [Check("keys", "fault", fault, "config/settings.py tells each knob") for fault in unfit.faults]
    for channel in gateways.channels.values():
        await channel.aclose()
    names = ", ".join(name.value for name in gateways.channels) or "no channel"
    return [Check("keys", "good", f"sealing, {names}")]


def _secret_files(environment: Mapping[str, str]) -> Iterator[Check]:
    for name, path in sorted(environment.items()):
        is_ours = name.startswith("DIANDIAN_") or name in {
            "DATABASE_URL_FILE",
            "DATABASE_OWNER_URL_FILE",
            "REDIS_URL_FILE",
        }
        if not (is_ours and name.endswith("_FILE")) or name == environment_name("seal_file") or not Path(path).exists():
            continue  # one that is not there is a fault of the settings
        mode = stat.S_IMODE(Path(path).stat().st_mode)
        state: State = "note" if mode & 0o077 else "good"
        yield Check("secret file", state, f"{name}: mode {mode:04o}", f"others may read it: chmod 600 {path}")


def _fault_point(environment: Mapping[str, str], refused: State) -> Check:
    point = environment.get("FAULT_POINT")
    return Check(
        "FAULT_POINT", refused if point else "good", point or "not set", "unset it: a process kills itself there"
    )


async def _database(settings: Settings, refused: State) -> list[Check]:
    if not settings.database_url:
        fix = "set DATABASE_URL, or let `make demo` or `make up` bring a server"
        return [Check("database", refused, "no DATABASE_URL", fix)]
    try:
        findings = await wiring.examine(settings.database_url)
        connection = await asyncpg.connect(settings.database_url, timeout=5)
    except _AWAY as trouble:
        fix = "is the server up, and does DATABASE_URL name it, its role and its password?"
        return [Check("database", "fault", f"no connection: {type(trouble).__name__}", fix)]
    try:
        version = connection.get_server_version()
        return [
            Check("database", "good", f"PostgreSQL {version.major}.{version.minor} answers"),
            *(Check(f.name, "good" if f.is_fit else refused, f.detail, f.fix) for f in findings),
            *await _schema(connection),
            await _clock(connection),
            await _drawing(connection, settings),
        ]
    finally:
        await connection.close(timeout=2)


async def _schema(connection: Any) -> list[Check]:  # noqa: ANN401 - asyncpg is typed in part only
    head = max(path.stem for path in (PROJECT / "migrations").glob("[0-9]*.py"))
    fix = "run `diandian migrate` as the owner of the tables (DATABASE_OWNER_URL)"
    try:
        level = await connection.fetchval(_LEVEL)
        rows = await connection.fetch("SELECT kind, job, queue FROM outbox_subscription")
    except asyncpg.PostgresError as refusal:
        return [Check("migrations", "fault", type(refusal).__name__, fix)]
    known = {tuple(row) for row in rows}
    wanted = {(kind, job, queue) for kind, jobs in by_kind().items() for job, queue in (jobs or ((None, None),))}
    differing = sorted({str(row[0]) for row in known ^ wanted})
    return [
        Check("migrations", "good" if level == head else "fault", level or "none", f"{fix}: the program is at {head}"),
        Check(
            "map of jobs", "fault" if differing else "good", ", ".join(differing) or f"{len(wanted)} lines, equal", fix
        ),
    ]


async def _clock(connection: Any) -> Check:  # noqa: ANN401 - the same
    asked_at = datetime.now(UTC)
    theirs = await connection.fetchval("SELECT clock_timestamp()")
    answered_at = datetime.now(UTC)
    # By how much they surely differ: the way there and back is no difference.
    skew_s = max((asked_at - theirs).total_seconds(), (theirs - answered_at).total_seconds(), 0.0)
    state: State = "good" if skew_s < SKEW_S_MOST else "fault"
    return Check(
        "clock", state, f"{skew_s:.3f} s from the database's", "let NTP set both clocks: channels refuse old signatures"
    )


async def _redis(settings: Settings) -> Check:
    if not settings.redis_url:
        return Check("redis", "note", "none", "workers look every second; set REDIS_URL for a bell")
    try:
        redis = Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
        try:
            await redis.ping()
        finally:
            await redis.aclose()
    except (RedisError, OSError, ValueError) as silence:
        return Check("redis", "note", f"silent: {type(silence).__name__}", "nothing is lost without it; see REDIS_URL")
    return Check("redis", "good", "answers")


def _factors(settings: Settings) -> Check:
    fix = f"{environment_name('factor_set')} names a folder below config/factors; its README tells the form"
    try:
        factor_set = footprint.load_factor_set(settings.factor_folder)
    except (DomainError, OSError) as refusal:
        return Check("factors", "fault", f"{settings.factor_set}: {type(refusal).__name__}", fix)
    if missing := footprint.missing_factors(factor_set):
        return Check("factors", "fault", f"{settings.factor_set} lacks {', '.join(missing)}", fix)
    return Check("factors", "good", f"{settings.factor_set}, {len(factor_set.factors)} factors, none missing")


def _recognition(settings: Settings) -> Check:
    fix = f"{environment_name('recognition')} names a file of config/recognition; its README tells the form"
    try:
        schemes = holdings.load_recognition(RECOGNITION / f"{settings.recognition}.csv")
    except (DomainError, OSError) as refusal:
        return Check("recognition", "fault", f"{settings.recognition}: {type(refusal).__name__}", fix)
    unconfirmed = sum(not row.is_confirmed for scheme in schemes.values() for row in scheme.says.values())
    return Check(
        "recognition", "good", f"{settings.recognition}, {len(schemes)} schemes, {unconfirmed} rows unconfirmed"
    )


def _rules(settings: Settings) -> Check:
    fix = f"{environment_name('rule_profile')} names a file of config/rules; its README tells the form"
    try:
        profile = claims.choose(claims.load_profiles(RULES), settings.rule_profile)
    except DomainError as refusal:
        return Check("rules", "fault", refusal.message().en, fix)
    except OSError as trouble:
        return Check("rules", "fault", str(trouble), fix)
    return Check("rules", "good", f"{profile.name} {profile.version}")


def _fonts(settings: Settings) -> Iterator[Check]:
    fix = f"{environment_name('font_folders')}: a folder with Debian's fonts-noto-cjk brings them"
    folders = wiring.font_folders(settings)
    for folder in folders:
        if not folder.is_dir():
            yield Check("fonts", "fault", f"{folder} is no folder", fix)
    book = fonts.find_fonts([folder for folder in folders if folder.is_dir()])
    has_serif, has_bold = SERIF in book.families, bool(book.bold & {SANS, SERIF})
    if has_serif and has_bold:
        yield Check("fonts", "good", "serif and bold")
    else:
        lacking = " or ".join(name for name, has in (("serif", has_serif), ("bold", has_bold)) if not has)
        yield Check("fonts", "note", f"no {lacking}: certificates are set in one weight of sans", fix)
    for name in ("issuer_zh", "issuer_en"):
        if found := fonts.faults(getattr(settings, name), [book.coverage]):
            fix = f"{environment_name(name)} is printed on every certificate: spell it otherwise, or add a font"
            yield Check(
                "fonts", "fault", f"no font has {fonts.in_words(found, is_chinese=False)} of the issuer's name", fix
            )
    drawn, missing = fonts.scripts([book.coverage])
    yield Check("fonts", "good", f"names may be written in {', '.join(drawn)}")
    if missing:
        fix = f"install Debian's fonts-noto-core, or name a folder in {environment_name('font_folders')}"
        yield Check("fonts", "note", f"names are refused in {', '.join(missing)}", fix)


async def _drawing(connection: Any, settings: Settings) -> Check:  # noqa: ANN401 - the same
    """Whether names are checked against what the drawing workers told, and whether that is what is here."""
    fix = "start the drawing worker (`diandian worker --render`); until then this machine's fonts answer"
    try:
        digests = [row["digest"] for row in await connection.fetch(fonts.IN_USE)]
    except asyncpg.PostgresError as refusal:
        return Check("fonts", "note", type(refusal).__name__, fix)
    if not digests:
        return Check("fonts", "note", "the drawing worker has not told its fonts yet", fix)
    here = fonts.find_fonts([folder for folder in wiring.font_folders(settings) if folder.is_dir()]).coverage.digest
    told = ", ".join(digest.hex()[:12] for digest in digests)
    if digests == [here]:
        return Check("fonts", "good", f"the drawing worker told its fonts ({told}), as they are here")
    fix = "names may be written in what all drawing workers have: give them the same fonts"
    return Check("fonts", "note", f"the drawing worker told other fonts than are here ({told})", fix)


def _seal(settings: Settings) -> Iterator[Check]:
    if settings.seal_file:
        state: State = "good" if Path(settings.seal_file).is_file() else "fault"
        yield Check("seal", state, settings.seal_file, f"{environment_name('seal_file')} names no file")


def _data_folder(settings: Settings) -> Iterator[Check]:
    fix = f"{environment_name('data_folder')} must be a folder that we may write"
    folder = settings.data_folder
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"x")
    except OSError as refusal:
        yield Check("data folder", "fault", f"{folder}: {refusal.strerror}", fix)
    else:
        yield Check("data folder", "good", str(folder))
    free = shutil.disk_usage(existing).free
    state: State = "good" if free >= FREE_WISHED else "note" if free >= FREE_LEAST else "fault"
    yield Check("free space", state, f"{free / 1024**3:,.1f} GiB", "certificates and the books need room to grow")
