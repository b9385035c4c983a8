"""Upstream cancellations and everything that happened to each."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7
from app.registry.cancellations.rules import Mode, State


class UpstreamCancellation(Model):
    """Whole tonnes [start_t, stop_t) of one lot on their way to being cancelled at their registry.

    Written by `propose`; a trigger lets it go from state to state only, and refuses every change of a final one.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    reference = fields.CharField(max_length=24)  # ours, printed and sent: UC-20261122-7K3M9QFX
    lot: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT
    )
    programme = fields.CharField(max_length=16)  # of the lot: a registry's numbers are unique within it
    start_t = fields.BigIntField()
    stop_t = fields.BigIntField()
    mode = fields.CharEnumField(Mode, max_length=8)
    state = fields.CharEnumField(State, max_length=12)
    maker: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    approval_id = fields.UUIDField(
        null=True
    )  # that a second person agreed; until then its approval waits about `reference`
    payload = fields.TextField()  # canonical JSON: what the second person sees
    payload_sha256 = fields.BinaryField()
    registry_reference = fields.CharField(max_length=64, null=True)  # theirs
    cancelled_on = fields.DateField(null=True)
    evidence_sha256 = fields.BinaryField(null=True)  # of the file, or of the registry's receipt
    evidence_name = fields.CharField(max_length=120, null=True)
    evidence_kind = fields.CharField(max_length=4, null=True)
    evidence_size = fields.IntField(null=True)
    receipt = fields.TextField(null=True)  # by wire: the registry's own words, byte for byte
    receipt_signature = fields.CharField(max_length=128, null=True)
    receipt_key = fields.CharField(max_length=64, null=True)
    reason = fields.TextField(null=True)  # why it was sent back or refused
    last_word = fields.CharField(max_length=64, null=True)  # the registry's last code, for people
    queries = fields.IntField(default=0)
    next_query_at = fields.DatetimeField(null=True)
    proposed_at = fields.DatetimeField()
    reported_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "upstream_cancellation"


class UpstreamCancellationHistory(Model):
    """One state that a cancellation came into, who brought it there (None: the registry) and what was then proposed.

    Written by a trigger, never changed.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    cancellation: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.UpstreamCancellation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    state = fields.CharEnumField(State, max_length=12)
    actor: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    payload_sha256 = fields.BinaryField()
    note = fields.TextField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "upstream_cancellation_history"
