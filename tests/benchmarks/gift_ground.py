"""What the benchmarks of gifts stand on: an open campaign with a deep pool, and people who are signed in."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from app import scenarios, wiring
from app.foundation.identity import envelope
from app.kernel.clock import utc_now
from app.programmes import gifts
from app.programmes.gifts import AmountKind, CampaignDraft, Delivery
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import PLATFORM, Amount, Mix
from app.views import estimates
from tests.benchmarks.ground import SCENE, Ground

_TOKEN_BYTES = 32


async def campaign(
    here: Ground, connection: Any, *, pool_g: int, each_g: int = 20_000, delivers: Delivery = Delivery.RETIRE
) -> UUID:
    """A new campaign of the seeded event, open, with so many grams; one that was open before is ended."""
    await here.open_rooms()
    scene = await scenarios.open_scene(SCENE, today=estimates.today())
    assert scene.organisation_id is not None, "the seeded event has an organiser"
    by = await connection.fetchval(
        "SELECT person_id FROM membership WHERE organisation_id = $1 AND role = 'sponsor' LIMIT 1",
        scene.organisation_id,
    )
    now = utc_now()
    for one in await gifts.campaigns_of(scenarios=[scene.id]):
        if one.state.value in {"open", "paused"}:
            await gifts.end(one.id, by=by)
    asked = CampaignDraft(
        amount=AmountKind.COVER, each_g=each_g, most_people=None, starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(hours=6), delivers=delivers,
    )  # fmt: skip
    campaign_id = await gifts.draft(scene.id, asked, by=by, now=now)
    made = await gifts.find_campaign(campaign_id)
    await holdings.move(
        f"bench:{uuid4()}", PLATFORM, holdings.Account.read(made.holder), Amount(Mix.only(_programme(scene)), pool_g),
        reason="bench",
    )  # fmt: skip
    await gifts.open_(campaign_id, by=by, now=now)
    return campaign_id


def _programme(scene: scenarios.Scene) -> Programme:
    assert scene.setup is not None, "the seeded event is live"
    return Programme(scene.setup.programme)


async def people(here: Ground, connection: Any, count: int) -> list[str]:
    """So many persons with a session and a data key each; their tokens."""
    keyring = wiring.keyring(here.settings)
    tokens = [secrets.token_urlsafe(_TOKEN_BYTES) for _ in range(count)]
    ids = [uuid4() for _ in range(count)]
    await connection.execute(
        "INSERT INTO person (id, language, state, created_at) SELECT id, 'zh', 'active', now() FROM unnest($1::uuid[]) AS id",
        ids,
    )
    await connection.execute(
        "INSERT INTO keys.person_key (person_id, wrapped, master_key) SELECT *, $3 FROM unnest($1::uuid[], $2::bytea[])",
        ids, [envelope.wrap(envelope.new_data_key(), id_, keyring=keyring) for id_ in ids], keyring.current,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO identity_session (id, token_hash, person_id, kind, created_at, expires_at)"
        " SELECT gen_random_uuid(), t.hash, t.person, 'guest', now(), now() + interval '30 d'"
        " FROM unnest($1::bytea[], $2::uuid[]) AS t (hash, person)",
        [hashlib.sha256(token.encode()).digest() for token in tokens], ids,
    )  # fmt: skip
    return tokens


async def broken(connection: Any) -> list[str]:
    """What the proof of gifts finds wrong; empty where every pool's line is whole."""
    rows = await connection.fetch("SELECT * FROM gifts.prove() WHERE NOT ok")
    return [f"{row['check']}: {row['detail']}" for row in rows]
