"""The ASGI application: the only place that joins the doors to what they are handed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache, partial
from typing import Final
from urllib.parse import urlsplit

import structlog
from litestar import Litestar
from litestar.openapi.spec import Tag
from redis.asyncio import BlockingConnectionPool, Redis
from tortoise import Tortoise

from app import footprint, wiring
from app.commerce import recovery
from app.foundation import consents, identity, intents, moderation
from app.foundation.consents import ConsentPurpose
from app.gateways.bundle import Gateways
from app.gateways.database import TROUBLE, fetch
from app.gateways.gathering import Gatherer
from app.gateways.postgresql.shares import Use
from app.gateways.replica import Reads
from app.gateways.sampling import sample
from app.kernel.clock import utc_now
from app.kernel.errors import DomainError, Unavailable
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Language
from app.programmes import wall
from app.registry import books, holdings
from app.views.services import Services
from app.views.wall import board
from app.web import citizen, notify, operator, organiser, public
from app.web.kit import gallery
from app.web.kit.assembling import assemble
from app.web.kit.middleware import TrustedProxy
from app.web.kit.responses import html, pages
from app.web.kit.security.guards import Session
from app.web.kit.security.idempotency import InFlight
from app.web.kit.security.limiter import Limiter
from config.logging import access_line, flush
from config.places import CONSENTS, RECOGNITION, WORDS, migration_head
from config.settings import Settings

VERSION: Final = "0.1.0"
_log = structlog.get_logger()
_SESSIONS_AT_ONCE: Final = 200
"""Tokens that one query looks up, where a crowd asks at once."""
TAGS: Final = (
    Tag(name="scenes", description="场景与计算 / scenes and footprints"),
    Tag(name="orders", description="订单与支付 / orders and payments"),
    Tag(name="gifts", description="赠碳 / gifts"),
    Tag(name="keys", description="机构接口密钥 / API keys of organisations"),
    Tag(name="account", description="个人碳账户 / the personal carbon account"),
    Tag(name="sharing", description="账户授权 / accounts that persons share"),
    Tag(name="people", description="登录与证书 / sessions and certificates"),
    Tag(name="wall", description="大屏 / big screens"),
    Tag(name="public", description="公开核验 / verification for anybody"),
)


def create_app(settings: Settings) -> Litestar:
    """The application for these settings; it opens the database when it starts and closes everything at its end."""
    gateways = wiring.gateways(settings)
    keyring = wiring.keyring(settings)
    redis = _redis(settings)
    consent_texts = consents.load_texts(CONSENTS)
    services = Services(
        gateways=gateways,
        keyring=keyring,
        factor_set=footprint.load_factor_set(settings.factor_folder),
        recognition=holdings.load_recognition(RECOGNITION / f"{settings.recognition}.csv"),
        issuer=wiring.issuer(settings),
        form_key=wiring.secret(settings, "csrf_key"),
        profiles=wiring.profiles(settings),
        consents=consent_texts,
        keep=wiring.keep(settings),
        words=moderation.load_words(WORDS),
        screens=wall.Screens(
            keyring=keyring,
            version=consent_texts.present(ConsentPurpose.WALL).version,
            connect=lambda: wiring.connect(settings, kind="wall"),
            beside=partial(board.boards_of_many, keyring=keyring, texts=consent_texts),
        ),
        bounds=wiring.bounds(settings),
        ipv6_prefix=settings.unpaid_ipv6_prefix,
        alone_g=settings.retire_alone_tonnes * GRAMS_PER_TONNE,
        press=cache(lambda: wiring.press(settings)),
        wechat_appid=settings.wechat_appid,
        cashier_url=settings.sandbox_url,
        needs_factor=settings.needs_second_factor,
        rate_days=settings.exchange_rate_days,
        name_wait=timedelta(seconds=settings.name_wait_s),
        gift_grace=timedelta(days=settings.gift_grace_days),
        demo_key=settings.demo_key,
        demo_scene=settings.demo_scene,
        reads=Reads(is_there=bool(settings.database_read_url), lag_s=settings.replica_lag_s),
    )

    async def find_sessions(tokens: Sequence[str]) -> Sequence[Session | None]:
        return await identity.find_sessions(tokens, utc_now())

    async def find_key(text: str) -> Session | None:
        return await identity.keys.find(text, utc_now())

    sessions = Gatherer(find_sessions, most=_SESSIONS_AT_ONCE, use=Use.READ)

    async def open_guest(language: Language, device: str | None) -> tuple[str, Session]:
        opened = await identity.open_guest_session(language, keyring=keyring, now=utc_now(), device=device)
        return opened.token, opened.session

    @asynccontextmanager
    async def database(_app: Litestar) -> AsyncIterator[None]:
        await wiring.open_database(settings, is_answering=True, kind="api")
        await _look_for_lost_time(settings, gateways)
        pages.warm()
        sampling_ = asyncio.create_task(sample("api"))
        try:
            yield
        finally:
            sampling_.cancel()
            await services.screens.aclose()
            await sessions.aclose()
            await services.counter.aclose()
            await gateways.aclose()
            if redis is not None:
                await redis.aclose()
            await Tortoise.close_connections()
            flush()

    return assemble(
        [
            *citizen.routes,
            *organiser.routes,
            *operator.routes,
            *notify.routes,
            *public.routes,
            *(public.rehearsal_routes if settings.demo_key and settings.is_sandbox else ()),
            *((gallery.routes,) if settings.is_sandbox else ()),
        ],
        version=VERSION,
        hosts=_hosts(settings),
        is_secure=settings.public_url.startswith("https://"),
        proxy=_proxy(settings),
        lifespan=[database],
        tags=TAGS,
        access=access_line,
        wait_s=settings.request_wait_s,
        state={
            "services": services,
            "sessions": sessions.ask,
            "api_keys": find_key,
            "open_guest": open_guest,
            "limiter": Limiter(redis, processes=settings.api_processes),
            "guests_per_address": settings.guests_per_address,
            "metrics_token": settings.metrics_token,
            "intents": intents,
            "in_flight": InFlight(redis),
            "form_key": services.form_key,
            "render_problem": lambda view, language: html.render_problem(view, language, sandbox=settings.is_sandbox),
            "query": fetch,
            "gauges": books.gauges,
            "migration_head": migration_head(),
            "demo_run": settings.demo_run,
            "redis": redis,
        },
    )


async def _look_for_lost_time(settings: Settings, gateways: Gateways) -> None:
    """Compare the database with the marker outside. Where people must decide, PostgreSQL refuses what may not be done, and
    everything else is answered; workers look again every few seconds."""
    try:
        connection = await wiring.connect(settings, kind="api")
        try:
            await recovery.look(connection, gateways.files)
        finally:
            await connection.close(timeout=2)
    except (Unavailable, DomainError, *TROUBLE) as trouble:
        _log.error("recovery.not_looked", error=type(trouble).__name__)


def _redis(settings: Settings) -> "Redis | None":
    if not settings.redis_url:
        return None
    pool = BlockingConnectionPool.from_url(
        settings.redis_url, max_connections=20, timeout=1, socket_timeout=1, health_check_interval=30
    )
    return Redis(connection_pool=pool)


def _proxy(settings: Settings) -> TrustedProxy | None:
    networks = [network.strip() for network in settings.trusted_proxies.split(",") if network.strip()]
    return TrustedProxy(networks=networks, hops=settings.proxy_hops) if networks else None


def _hosts(settings: Settings) -> list[str]:
    named = [host for host in settings.allowed_hosts.split(",") if host]
    own = urlsplit(settings.public_url).hostname or "localhost"
    return named or [own, *(["127.0.0.1", "localhost"] if settings.is_sandbox else [])]
