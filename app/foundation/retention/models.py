"""How much was deleted: counted in the transaction that deletes."""

from tortoise import fields
from tortoise.models import Model


class RetentionTally(Model):
    """One kind of information and how much of it was deleted; written by the functions that delete."""

    name = fields.CharField(primary_key=True, max_length=16)  # rules.Kind
    purged = fields.BigIntField()  # rows, since the beginning
    reached = fields.BigIntField()  # outbox only: the id up to which this walk has come; 0: it begins anew
    reached_id = fields.UUIDField(null=True)  # the same where ids are UUIDs; None: it begins anew
    last_at = fields.DatetimeField()

    class Meta:
        table = "retention_tally"
