"""One-time codes for people on a list, staff, guests of honour: whoever brings one may collect, once.

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
from app.gateways.database import Tx, fetch, fetch_as, fetch_one, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.graphemes import has_controls, tidied
from app.kernel.ids import random_code, read_code, uuid7
from app.programmes.gifts.errors import BatchUnknown, CampaignOver, CampaignUnfit
from app.programmes.gifts.rules import Audience, CampaignState
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
    made_at: datetime
    voided_at: datetime | None


def code_hash(typed: str, *, keyring: Keyring) -> bytes | None:
    """What is kept of a code, as somebody typed it; None where it can be none."""
    code = read_code(typed, length=CODE_LENGTH)
    return identity.blind_index("gift_code", code, keyring=keyring) if code is not None else None


async def make_codes(
    campaign_id: UUID, count: int, label: str, *, by: UUID, keyring: Keyring, group_code: str | None = None
) -> NewBatch:
    """Make so many one-time codes, 1 to 10 000, for a campaign that is for codes. Nobody can read them afterwards.

    Whoever brings one is of `group_code` of the scene's groups; None: of its default group.

    Raises:
        CampaignUnknown, RoleMissing: `by` runs no such campaign.
        CampaignUnfit: the campaign is for everybody, the count, the label or the group cannot be; the field is named.
        CampaignOver: it has ended.
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
        if campaign.audience is not Audience.CODES:
            raise CampaignUnfit(
                field="/campaign",
                problem_zh="这项赠碳人人可领，不需要领取码",
                problem_en="it is for everybody and needs no codes",
            )
        if group_code is not None and group_code not in await _groups(campaign.scenario_id, tx=tx):
            raise CampaignUnfit(field="/group", problem_zh="场景没有这个人群", problem_en="the scene has no such group")
        await fetch(
            "INSERT INTO gift_batch (id, campaign_id, label, group_code, size, key_id, made_by_id, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())",
            batch_id, campaign_id, label, group_code, count, keyring.index_key_id, by, tx=tx,
        )  # fmt: skip
        await fetch(
            "INSERT INTO gift_code (batch_id, no, code_hash) SELECT $1, t.no, t.hash"
            " FROM unnest($2::bytea[]) WITH ORDINALITY AS t (hash, no)",
            batch_id, [identity.blind_index("gift_code", code, keyring=keyring) for code in codes], tx=tx,
        )  # fmt: skip
        await audit.record(
            "gift_codes.made", str(batch_id), before=None, after={"campaign": str(campaign_id), "count": count}, by=by,
            tx=tx,
        )  # fmt: skip
    return NewBatch(batch_id, tuple(_shown(code) for code in codes))


async def void_codes(batch_id: UUID, *, by: UUID) -> Batch:
    """No code of this batch opens anything any more; what was collected with one stands. A repeat changes nothing.

    Raises:
        BatchUnknown: there is none, or not of a campaign that `by` runs.
        RoleMissing: `by` only reads there.
    """
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


_BATCH: Final = (
    "SELECT b.id, b.label, b.group_code, b.size, b.made_at, b.voided_at, (SELECT count(*) FROM gift_code c"
    " JOIN gift_collection k ON k.code_id = c.id WHERE c.batch_id = b.id)::int AS used FROM gift_batch b"
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


def _shown(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4))
