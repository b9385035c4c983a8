"""Whether this installation is fit: what is looked at, and what to do where it is not well.

What production refuses is a fault there and a note in a rehearsal; what no installation can do without is
a fault everywhere. Redis is never more than a note: without it everything is slower and nothing is lost.
"""

import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app import footprint, wiring
from app.cli.operations.doctor_channels import look_at_certificates
from app.cli.operations.doctor_database import look_at_database
from app.cli.operations.doctor_files import look_at_files
from app.cli.reporting import Check, State, same
from app.foundation import fonts
from app.foundation.fonts.rules import SANS, SERIF
from app.kernel.clock import utc_now
from app.kernel.drawing.glyphs import Coverage
from app.kernel.errors import DomainError
from app.kernel.text import Text
from app.registry import claims, holdings
from config.faults import EXAMPLES, Fault
from config.loading import examine
from config.places import FACTORS, RECOGNITION, RULES
from config.secret_files import common_file
from config.settings import Settings, SettingsUnfit, environment_name

PYTHON_LEAST: Final = (3, 11)


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
        *look_at_certificates(settings, now=utc_now()),
        *_secret_files(environment),
        _fault_point(environment, refused),
        *await look_at_database(settings, refused),
        await _redis(settings),
        _factors(settings),
        _recognition(settings),
        _rules(settings),
        *_fonts(settings),
        *_seal(settings),
        *await look_at_files(settings),
    ]


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    is_new = sys.version_info >= PYTHON_LEAST
    fix = Text(
        zh="安装 Python 3.11 或更新（Debian、Ubuntu：apt install python3 python3-venv）",
        en="install Python 3.11 or newer (Debian, Ubuntu: apt install python3 python3-venv)",
    )
    return Check("python", "good" if is_new else "fault", same(version), fix)


def _settings(settings: Settings, faults: Sequence[Fault]) -> Iterator[Check]:
    if not faults:
        yield Check("settings", "good", Text(zh=f"适合 {settings.profile}", en=f"fit for {settings.profile}"))
    yield from (_fault("settings", fault) for fault in faults)


def _fault(name: str, fault: Fault) -> Check:
    return Check(name, "fault", Text(zh=fault.zh, en=str(fault)), Text(zh=fault.fix_zh, en=fault.fix_en))


async def _keys(settings: Settings) -> list[Check]:
    """Whether the keys that are set can be built into what uses them."""
    if not settings.master_keys:
        return []  # the settings say so
    try:
        wiring.keyring(settings)
        wiring.issuer(settings)
        gateways = wiring.gateways(settings)
    except SettingsUnfit as unfit:
        return [_fault("keys", fault) for fault in unfit.faults]
    for channel in gateways.channels.values():
        await channel.aclose()
    names = ", ".join(gateways.channels)
    said = Text(zh=f"封存密钥，{names or '没有支付渠道'}", en=f"sealing, {names or 'no channel'}")
    return [Check("keys", "good", said)]


def _secret_files(environment: Mapping[str, str]) -> Iterator[Check]:
    for name, path in sorted((common_file(environment, []) | dict(environment)).items()):
        is_ours = name.startswith("DIANDIAN_") or name in {
            "DATABASE_URL_FILE",
            "DATABASE_DIRECT_URL_FILE",
            "DATABASE_READ_URL_FILE",
            "DATABASE_OWNER_URL_FILE",
            "REDIS_URL_FILE",
        }
        if not (is_ours and name.endswith("_FILE")) or name == environment_name("seal_file") or not Path(path).exists():
            continue  # one that is not there is a fault of the settings
        mode = stat.S_IMODE(Path(path).stat().st_mode)
        state: State = "note" if mode & 0o077 else "good"
        said = Text(zh=f"{name}：权限 {mode:04o}", en=f"{name}: mode {mode:04o}")
        fix = Text(zh=f"其他用户能读它：chmod 600 {path}", en=f"others may read it: chmod 600 {path}")
        yield Check("secret file", state, said, fix)


def _fault_point(environment: Mapping[str, str], refused: State) -> Check:
    point = environment.get("FAULT_POINT")
    said = same(point) if point else Text(zh="没有设置", en="not set")
    fix = Text(zh="unset FAULT_POINT：进程会在那里杀死自己", en="unset FAULT_POINT: a process kills itself there")
    return Check("FAULT_POINT", refused if point else "good", said, fix)


async def _redis(settings: Settings) -> Check:
    if not settings.redis_url:
        fix = Text(
            zh=f"工作进程每秒自己看一次；要即时，例如 REDIS_URL={EXAMPLES['redis_url']}",
            en=f"workers look every second; for a queue, such as REDIS_URL={EXAMPLES['redis_url']}",
        )
        return Check("redis", "note", Text(zh="没有", en="none"), fix)
    try:
        redis = Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
        try:
            await redis.ping()
        finally:
            await redis.aclose()
    except (RedisError, OSError, ValueError) as silence:
        kind = type(silence).__name__
        fix = Text(
            zh="没有它也不丢任何东西，只是慢；看服务器是否在运行，REDIS_URL 是否指向它",
            en="nothing is lost without it, only slower; is it up, and does REDIS_URL name it?",
        )
        return Check("redis", "note", Text(zh=f"没有应答：{kind}", en=f"silent: {kind}"), fix)
    return Check("redis", "good", Text(zh="有应答", en="answers"))


def _factors(settings: Settings) -> Check:
    fix = _one_of("factor_set", sorted(path.name for path in FACTORS.iterdir() if path.is_dir()))
    try:
        factor_set = footprint.load_factor_set(settings.factor_folder)
    except (DomainError, OSError) as refusal:
        return Check("factors", "fault", same(f"{settings.factor_set}: {type(refusal).__name__}"), fix)
    if missing := footprint.missing_factors(factor_set):
        lacking = ", ".join(missing)
        said = Text(zh=f"{settings.factor_set} 缺少 {lacking}", en=f"{settings.factor_set} lacks {lacking}")
        return Check("factors", "fault", said, fix)
    count = len(factor_set.factors)
    said = Text(
        zh=f"{settings.factor_set}，{count} 个因子，没有缺少",
        en=f"{settings.factor_set}, {count} factors, none missing",
    )
    return Check("factors", "good", said)


def _one_of(knob: str, names: Sequence[str]) -> Text:
    """What a knob may be that names one of our files."""
    name, known = environment_name(knob), ", ".join(names)
    return Text(zh=f"{name} 应为其中之一：{known}", en=f"{name} must be one of: {known}")


def _recognition(settings: Settings) -> Check:
    fix = _one_of("recognition", sorted(path.stem for path in RECOGNITION.glob("*.csv")))
    try:
        schemes = holdings.load_recognition(RECOGNITION / f"{settings.recognition}.csv")
    except (DomainError, OSError) as refusal:
        return Check("recognition", "fault", same(f"{settings.recognition}: {type(refusal).__name__}"), fix)
    open_rows = sum(not row.is_confirmed for scheme in schemes.values() for row in scheme.says.values())
    said = Text(
        zh=f"{settings.recognition}，{len(schemes)} 个机制，{open_rows} 行未确认",
        en=f"{settings.recognition}, {len(schemes)} schemes, {open_rows} rows unconfirmed",
    )
    return Check("recognition", "good", said)


def _rules(settings: Settings) -> Check:
    try:
        profiles = claims.load_profiles(RULES)
    except (DomainError, OSError) as trouble:
        fix = Text(
            zh="恢复 config/rules 里的文件：git status config/rules", en="restore the files: git status config/rules"
        )
        return Check("rules", "fault", same(f"{type(trouble).__name__}: {trouble}"), fix)
    try:
        profile = claims.choose(profiles, settings.rule_profile)
    except DomainError as refusal:
        return Check("rules", "fault", refusal.message(), _one_of("rule_profile", sorted(profiles)))
    return Check("rules", "good", same(f"{profile.name} {profile.version}"))


def _fonts(settings: Settings) -> Iterator[Check]:
    name = environment_name("font_folders")
    folders = wiring.font_folders(settings)
    for folder in folders:
        if not folder.is_dir():
            fix = Text(zh=f"从 {name} 里去掉它，或建好这个目录", en=f"take it out of {name}, or make the folder")
            yield Check("fonts", "fault", Text(zh=f"{folder} 不是目录", en=f"{folder} is no folder"), fix)
    book = fonts.find_fonts([folder for folder in folders if folder.is_dir()])
    has_serif, has_bold = SERIF in book.families, bool(book.bold & {SANS, SERIF})
    if has_serif and has_bold:
        yield Check("fonts", "good", Text(zh="有宋体与粗体", en="serif and bold"))
    else:
        lacking = [text for text, has in ((("宋体", "serif"), has_serif), (("粗体", "bold"), has_bold)) if not has]
        said = Text(
            zh=f"没有{'和'.join(zh for zh, _ in lacking)}：证书只用一种黑体",
            en=f"no {' or '.join(en for _, en in lacking)}: certificates are set in one weight of sans",
        )
        fix = Text(
            zh=f"apt install fonts-noto-cjk，或用 {name} 指向有这些字体的目录",
            en=f"apt install fonts-noto-cjk, or name a folder that has them in {name}",
        )
        yield Check("fonts", "note", said, fix)
    yield from _issuer_names(settings, book.coverage)
    drawn, missing = fonts.scripts([book.coverage])
    written, lacking_scripts = ", ".join(drawn), ", ".join(missing)
    yield Check("fonts", "good", Text(zh=f"姓名可用文字：{written}", en=f"names may be written in {written}"))
    if missing:
        fix = Text(
            zh=f"apt install fonts-noto-core，或用 {name} 指向有这些字体的目录",
            en=f"apt install fonts-noto-core, or name a folder that has them in {name}",
        )
        said = Text(zh=f"姓名不能用的文字：{lacking_scripts}", en=f"names are refused in {lacking_scripts}")
        yield Check("fonts", "note", said, fix)


def _issuer_names(settings: Settings, coverage: Coverage) -> Iterator[Check]:
    for knob in ("issuer_zh", "issuer_en"):
        if found := fonts.faults(getattr(settings, knob), [coverage]):
            name = environment_name(knob)
            said = Text(
                zh=f"发证方名称里{fonts.in_words(found, is_chinese=True)}没有字体",
                en=f"no font has {fonts.in_words(found, is_chinese=False)} of the issuer's name",
            )
            fix = Text(
                zh=f"{name} 印在每张证书上：换一种写法，或添加字体",
                en=f"{name} is printed on every certificate: spell it otherwise, or add a font",
            )
            yield Check("fonts", "fault", said, fix)


def _seal(settings: Settings) -> Iterator[Check]:
    if settings.seal_file:
        state: State = "good" if Path(settings.seal_file).is_file() else "fault"
        name = environment_name("seal_file")
        fix = Text(
            zh=f"{name} 应指向一个 PNG、JPEG 或 SVG 文件；不用印章就 unset {name}",
            en=f"{name} must name a PNG, JPEG or SVG file; for no seal, unset {name}",
        )
        yield Check("seal", state, same(settings.seal_file), fix)
