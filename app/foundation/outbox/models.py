"""What happened and who must hear of it: two tables, written by SQL functions only."""

from tortoise import fields
from tortoise.models import Model


class OutboxMessage(Model):
    """One event for one job, written in the transaction of its cause; done in the transaction of its effect.

    An event that nobody subscribes to leaves one row with no job, done from the start. A job whose work is done in the
    transaction that records the event has none.
    """

    id = fields.BigIntField(primary_key=True, generated=True)  # says its day: migrations/sql/outbox_by_day.sql
    kind = fields.CharField(max_length=64)
    subject = fields.CharField(max_length=64)
    payload = fields.JSONField[dict[str, object]]()
    job = fields.CharField(max_length=64, null=True)
    queue = fields.CharField(max_length=32, null=True)
    recorded_at = fields.DatetimeField()
    due_at = fields.DatetimeField()  # when it is enqueued (again)
    attempts = fields.IntField(default=0)  # how often it was enqueued
    failures = fields.IntField(default=0)
    tries = fields.IntField(
        default=0, db_default=0
    )  # begun, counted from the second attempt on, and not ended by done, `fail` or `excuse`
    last_error = fields.TextField(null=True)
    request_id = fields.CharField(max_length=40, null=True)  # of whom it follows from, where that is one and known
    done_at = fields.DatetimeField(null=True)  # None: the effect has not been committed yet
    dead_at = fields.DatetimeField(null=True)  # None: still tried

    class Meta:
        table = "outbox_message"


class OutboxSubscription(Model):
    """Which job follows which event: the map of `workers/subscriptions.py`, written by `subscribe`."""

    id = fields.IntField(primary_key=True, generated=True)
    kind = fields.CharField(max_length=64)
    job = fields.CharField(max_length=64, null=True)  # None: nobody, on purpose
    queue = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "outbox_subscription"
