"""What a client asked for under a key of its own, and what it was told."""

from tortoise import fields
from tortoise.models import Model


class Intent(Model):
    """One answer kept under (actor, key); written once by `keep`, never changed. The effect has its own unique key."""

    id = fields.BigIntField(primary_key=True, generated=True)
    actor = fields.UUIDField()
    key = fields.CharField(max_length=255)
    body_sha256 = fields.BinaryField()
    status = fields.SmallIntField()
    answer = fields.BinaryField()
    kept_at = fields.DatetimeField()

    class Meta:
        table = "intent"
