"""Codes, made in batches: one-time codes for people on a list, staff, guests of honour, and cards of grams.

A code is 100 random bits, shown once in the file that is made at its creation and kept as a keyed hash only. A file that
did not arrive whole is voided and made again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app import scenarios
from app.foundation import audit, fonts, identity
from app.foundation.identity import Keyring
from app.gateways.database import Tx, again, fetch, fetch_as, fetch_one, fetch_value, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.graphemes import has_controls, tidied
from app.kernel.ids import grouped, random_code, read_code, uuid7
from app.programmes.gifts.cards import issue
from app.programmes.gifts.errors import BatchUnknown, CampaignOver, CampaignUnfit
from app.programmes.gifts.rules import EACH_MOST_G, Audience, CampaignState
from app.programmes.gifts.setting_up import locked

CODE_LENGTH: Final = 20
"""Of Crockford's alphabet, 5 bits each: nobody guesses one of ten thousand in the life of the sun."""
BATCH_MOST: Final = 10_000
_LABEL_MOST: Final = 40


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch with its codes, told this once."""

    id: UUID
    codes: tuple[str, ...]
    """In the order of their numbers, as people write them: `7K3M-9QFX-…`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch and how much of it was used."""

    id: UUID
    label: str
    group_code: str | None
    """Whoever brings one of its codes is of this group of the scene; None: of the default one."""
    size: int
    used: int
    """Codes that somebody collected with; cards that have nothing left."""
    declined: int
    passed_on: int
    card_g: int | None
    """Grams of each card; None: one-time codes."""
    bound: int
    """Cards that are somebody's and have grams."""
    left_g: int
    """What its live cards still have."""
    given_on: int
    """Cards of it that one person gave another out of theirs; not in `size`."""
    made_at: datetime
    voided_at: datetime | None


def code_hash(typed: str, *, keyring: Keyring) -> bytes | None:
    """What is kept of a code, as somebody typed it; None where it can be none."""
    code = read_code(typed, length=CODE_LENGTH)
    return identity.blind_index("gift_code", code, keyring=keyring) if code is not None else None


async def group_of(hashed: bytes | None, scenario_id: UUID) -> str | None:
    """The group of a scene that a live code of its campaigns says; None: none, or no such code.

    For whoever holds one and pays themselves: the code is not used by it.
    """
    found: str | None = await fetch_value(
        "SELECT b.group_code FROM gift_code o JOIN gift_batch b ON b.id = o.batch_id AND b.voided_at IS NULL"
        " JOIN gift_campaign c ON c.id = b.campaign_id WHERE o.code_hash = $1 AND c.scenario_id = $2"
        " AND NOT EXISTS (SELECT FROM gift_code_end e WHERE e.code_id = o.id)",
        hashed, scenario_id,
    )  # fmt: skip
    return found


async def make_codes(
    campaign_id: UUID,
    count: int,
    label: str,
    *,
    by: UUID,
    keyring: Keyring,
    group_code: str | None = None,
    card_g: int | None = None,
) -> NewBatch:
    """Make so many one-time codes, 1 to 10 000, for a campaign that is for codes; or cards of `card_g` grams each for one that
    is for cards. Nobody can read them afterwards.

    Whoever brings one is of `group_code` of the scene's groups; None: of its default group.

    Raises:
        CampaignUnknown, RoleMissing: `by` runs no such campaign.
        CampaignUnfit: the campaign is for everybody, the count, the label or the group cannot be; the field is named.
        CampaignOver: it has ended.
        CardsUncovered: the pool has less than its live cards would have with these.
        NotPrintable: the label has characters that a list could not show.
    """
    label = tidied(label)
    if not 1 <= count <= BATCH_MOST:
        raise CampaignUnfit(field="/count", problem_zh="每批 1 到 10,000 个", problem_en="1 to 10,000 codes at a time")
    if not label or len(label) > _LABEL_MOST or has_controls(label):
        raise CampaignUnfit(
            field="/label", problem_zh=f"请给这批起个名字，不超过 {_LABEL_MOST} 字",
            problem_en=f"give the batch a name of at most {_LABEL_MOST} characters",
        )  # fmt: skip
    await fonts.demand({"/label": label})
    batch_id, codes = uuid7(), [random_code(CODE_LENGTH) for _ in range(count)]
    async with transaction() as tx:
        campaign = await locked(campaign_id, by=by, tx=tx)
        if campaign.state is CampaignState.ENDED:
            raise CampaignOver
        _demand_kind(campaign.audience, card_g)
        if group_code is not None and group_code not in await _groups(campaign.scenario_id, tx=tx):
            raise CampaignUnfit(field="/group", problem_zh="场景没有这个人群", problem_en="the scene has no such group")
        await fetch(
            "INSERT INTO gift_batch (id, campaign_id, label, group_code, size, key_id, made_by_id, card_g, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())",
            batch_id, campaign_id, label, group_code, count, keyring.index_key_id, by, card_g, tx=tx,
        )  # fmt: skip
        await fetch(
            "INSERT INTO gift_code (batch_id, no, code_hash) SELECT $1, t.no, t.hash"
            " FROM unnest($2::bytea[]) WITH ORDINALITY AS t (hash, no)",
            batch_id, [identity.blind_index("gift_code", code, keyring=keyring) for code in codes], tx=tx,
        )  # fmt: skip
        if card_g is not None:
            await issue(batch_id, tx=tx)
        await audit.record(
            "gift_codes.made", str(batch_id), before=None,
            after={"campaign": str(campaign_id), "count": count, "card_g": card_g}, by=by, tx=tx,
        )  # fmt: skip
    return NewBatch(batch_id, tuple(grouped(code) for code in codes))


def _demand_kind(audience: Audience, card_g: int | None) -> None:
    if audience is Audience.EVERYONE:
        raise CampaignUnfit(
            field="/campaign", problem_zh="这项赠碳人人可领，不需要领取码", problem_en="it is for everybody and needs no codes"
        )  # fmt: skip
    if (card_g is None) == (audience is Audience.CARDS):
        raise CampaignUnfit(
            field="/card_grams",
            problem_zh="礼品卡要填每张的克数，领取码不用填",
            problem_en="a card has its grams, a one-time code has none",
        )
    if card_g is not None and not 1 <= card_g <= EACH_MOST_G:
        raise CampaignUnfit(
            field="/card_grams", problem_zh="每张卡 1 克到 1,000 吨", problem_en="a card has 1 g to 1,000 t"
        )


async def void_codes(batch_id: UUID, *, by: UUID) -> Batch:
    """No code of this batch opens anything any more; what was collected with one stands. A repeat changes nothing.

    Of cards, those that are used in part stay their holders': `kill_cards` ends them too.

    Raises:
        BatchUnknown: there is none, or not of a campaign that `by` runs.
        RoleMissing: `by` only reads there.
    """

    async def use_case() -> Batch:
        async with transaction() as tx:
            row = await fetch_one("SELECT campaign_id, voided_at FROM gift_batch WHERE id = $1", batch_id, tx=tx)
            if row is None:
                raise BatchUnknown
            await locked(row["campaign_id"], by=by, tx=tx)
            voided = await fetch(
                "UPDATE gift_batch SET voided_by_id = $2, voided_at = clock_timestamp() WHERE id = $1 AND voided_at IS NULL"
                " RETURNING id",
                batch_id, by, tx=tx,
            )  # fmt: skip
            if voided:
                await audit.record(
                    "gift_codes.voided", str(batch_id), before={"voided": False}, after={"voided": True}, by=by, tx=tx
                )
            (one,) = await fetch_as(Batch, f"{_BATCH} WHERE b.id = $1", batch_id, tx=tx)
            return one

    return await again(use_case)


_BATCH: Final = (
    "SELECT b.id, b.label, b.group_code, b.size, b.made_at, b.voided_at, b.card_g, k.used + coalesce(q.used, 0) AS used,"
    " k.declined, k.passed_on, coalesce(q.bound, 0) AS bound, coalesce(q.left_g, 0) AS left_g,"
    " coalesce(q.given_on, 0) AS given_on FROM gift_batch b"
    " CROSS JOIN LATERAL (SELECT count(k.id)::int AS used, (count(*) FILTER (WHERE e.kind = 'declined'))::int AS declined,"
    "  (count(*) FILTER (WHERE e.kind = 'passed_on'))::int AS passed_on FROM gift_code c"
    "  LEFT JOIN gift_collection k ON k.code_id = c.id LEFT JOIN gift_code_end e ON e.code_id = c.id"
    "  WHERE c.batch_id = b.id) k"
    " LEFT JOIN LATERAL (SELECT (count(*) FILTER (WHERE q.state = 'used'))::int AS used,"
    "  (count(*) FILTER (WHERE q.state IN ('bound', 'part_used')))::int AS bound,"
    "  (count(*) FILTER (WHERE EXISTS (SELECT FROM gift_transfer t WHERE t.new_card_id = q.id)))::int AS given_on,"
    "  (sum(q.left_g) FILTER (WHERE q.state IN ('issued', 'bound', 'part_used')))::bigint AS left_g"
    "  FROM gift_code c JOIN gift_card q ON q.code_id = c.id WHERE c.batch_id = b.id) q ON b.card_g IS NOT NULL"
)


async def batches_of(campaign_ids: Sequence[UUID]) -> list[Batch]:
    """The batches of these campaigns, the newest first."""
    return await fetch_as(
        Batch, f"{_BATCH} WHERE b.campaign_id = ANY($1::uuid[]) ORDER BY b.id DESC", list(campaign_ids)
    )


async def _groups(scenario_id: UUID, *, tx: Tx) -> set[str]:
    """Codes of the scene's groups."""
    scene = (await scenarios.find_many([scenario_id], today=beijing_day(utc_now()), tx=tx))[scenario_id]
    layers = scene.setup.layers if scene.setup else None
    return {group.code for group in layers.groups} if layers else set()
