"""Opening the database, by whichever address serves what for; and looking at it before anybody works with it.

Requests and jobs work on a pool at `DATABASE_URL`, where a pooler may be. What belongs to one session (LISTEN, advisory
locks, proofs) goes to `DATABASE_DIRECT_URL`. A pooler without that is refused, and so is a role without its settings;
production besides refuses a server that may lose what it has acknowledged, and a role that could write the books by hand.
"""

import os
import socket
from pathlib import Path
from typing import Any, Final

import structlog
from tortoise import Tortoise

from app.foundation import fonts
from app.gateways.database import TROUBLE
from app.gateways.fitness import Finding, examine
from app.gateways.pool import WAIT_S
from app.gateways.postgresql.addresses import ALIVE, ROLE_SETTINGS
from app.gateways.postgresql.addresses import connect as connect_to
from config.database import tortoise_config
from config.faults import EXAMPLES, Fault
from config.settings import Settings, SettingsUnfit, environment_name

REQUEST_COMMAND_S: Final = 15.0
"""The longest a statement of a request may take: whoever waits for an answer has gone by then."""
JOB_COMMAND_S: Final = 25.0
"""Of a job and the sweeper: as long as a whole job may take."""
PROOF_COMMAND_S: Final = 3600.0
"""A proof of very many rows takes long; a line that died without saying so is given up even then."""
TERMINAL: Final = "terminal"
"""A verb of the command line, as PostgreSQL knows it; the others are `api` and the queue that a worker serves."""
_OWN_SESSION: Final = {
    **ROLE_SETTINGS, "lock_timeout": "0", "idle_in_transaction_session_timeout": "0", "statement_timeout": "0", **ALIVE,
}  # fmt: skip
"""A proof is long, and whoever listens is idle: their statements have deadlines of their own."""
_NO_ADDRESS: Final = Fault(
    en="DATABASE_URL is missing: `make up` starts a server and tells it",
    zh="缺少 DATABASE_URL：make up 会启动一个数据库并给出地址",
    fix_en=f"such as DATABASE_URL={EXAMPLES['database_url']}, or `make up`",
    fix_zh=f"例如 DATABASE_URL={EXAMPLES['database_url']}，或 make up",
)
_log = structlog.get_logger()


async def open_database(settings: Settings, *, is_answering: bool = False, kind: str = TERMINAL) -> None:
    """Look at the database, then let Tortoise meet it for the whole process, in whichever task a request runs.

    `is_answering`: somebody waits for an answer, so callers wait less for a connection and for a statement, and what
    anybody may see may come from a replica. `kind`: as which process PostgreSQL knows us (`process_name`).

    Raises:
        SettingsUnfit: there is no address, a pooler without a direct one, or a role without its settings; or, in
            production, the server or the role is not fit, or is silent.
    """
    _demand_address(settings)
    fonts.use_folders(font_folders(settings))
    await refuse_unfit(settings)
    # A ContextVar would hide the connection from requests: they are other tasks than the lifespan (tortoise-orm #2244).
    await Tortoise.init(
        config=tortoise_config(
            settings.database_url,
            read_url=settings.database_read_url if is_answering else "",
            pool_size=settings.pool_size,
            wait_s=settings.pool_wait_s if is_answering else WAIT_S,
            reads=settings.pool_reads if is_answering else 0,
            command_s=REQUEST_COMMAND_S if is_answering else JOB_COMMAND_S,
            name=process_name(kind),
            statement_cache=settings.statement_cache,
        ),
        _enable_global_fallback=True,
    )


async def refuse_unfit(settings: Settings) -> None:
    """Refuse what cannot work; production also refuses a database it must not rest on, of which elsewhere each finding is a
    warning in the log.

    Raises:
        SettingsUnfit: with one sentence for each finding; in production also when nobody answers: then nothing is known.
    """
    try:
        unfit = [finding for finding in await findings(settings) if not finding.is_fit]
    except (TimeoutError, ValueError, *TROUBLE) as trouble:
        if not settings.is_sandbox:
            raise SettingsUnfit([_silent(trouble)]) from trouble
        return  # whoever asks it next will say so, and it may be back by then
    refused = [finding for finding in unfit if finding.is_needed or not settings.is_sandbox]
    if refused:
        raise SettingsUnfit([_as_fault(finding) for finding in refused])
    for finding in unfit:
        _log.warning("database.unfit", name=finding.name, state=finding.detail.en)


async def findings(settings: Settings) -> list[Finding]:
    """What is to be known of the addresses and what is behind them; raises as `examine`."""
    return await examine(
        settings.database_url,
        direct_url=settings.database_direct_url,
        read_url=settings.database_read_url,
        statement_cache=settings.statement_cache,
    )


def font_folders(settings: Settings) -> list[Path]:
    """Where there are fonts besides those that every installation has."""
    return [Path(folder) for folder in settings.font_folders.split(":") if folder]


def process_name(kind: str) -> str:
    """What a process of ours is called in `pg_stat_activity`: its kind, and who it is among others of it."""
    return f"diandian {kind} {socket.gethostname()[:32]}:{os.getpid()}"[:63]


async def connect(settings: Settings, *, kind: str = TERMINAL) -> Any:  # noqa: ANN401 - asyncpg is typed in part only
    """A session of its own, outside the pool and past any pooler: for listening, advisory locks and proofs."""
    _demand_address(settings)
    told = {**_OWN_SESSION, "application_name": process_name(kind)}
    url = settings.database_direct_url or settings.database_url
    return await connect_to(url, need="writes", command_timeout=PROOF_COMMAND_S, server_settings=told)


def _demand_address(settings: Settings) -> None:
    """Without one, asyncpg would try whatever listens at the usual place."""
    if not settings.database_url:
        raise SettingsUnfit([_NO_ADDRESS])


def _silent(trouble: BaseException) -> Fault:
    name, kind = environment_name("database_url"), type(trouble).__name__
    return Fault(
        en=f"{name}: no connection ({kind})",
        zh=f"{name}：连不上（{kind}）",
        fix_en="is the server up, and does DATABASE_URL name it, its role and its password?",
        fix_zh="看服务器是否在运行，DATABASE_URL 的地址、角色与口令是否正确",
    )


def _as_fault(finding: Finding) -> Fault:
    return Fault(
        en=f"{finding.name} is {finding.detail.en}; {finding.fix.en}",
        zh=f"数据库的 {finding.name} 为 {finding.detail.zh}",
        fix_en=finding.fix.en,
        fix_zh=finding.fix.zh,
    )
