"""Endpoints, what they are told, and what came of it. Deliveries and tries are written by functions of PostgreSQL."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class WebhookKind(Model):
    """A kind of event that endpoints may be told of. Written by migrations."""

    code = fields.CharField(max_length=40, primary_key=True)
    is_chosen = fields.BooleanField()  # else it comes by itself, as a test does

    class Meta:
        table = "webhook_kind"


class WebhookWait(Model):
    """How long a delivery waits after so many tries that failed; after the last it is given up. Written by migrations."""

    failures = fields.SmallIntField(primary_key=True)
    wait_s = fields.IntField()

    class Meta:
        table = "webhook_wait"


class WebhookEndpoint(Model):
    """Where an organisation is told of what. Address and secrets lie sealed under a key of its own; removed, they are gone."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    organisation: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=8)  # gateways.webhooks.EndpointKind
    label = fields.CharField(max_length=80)
    shown = fields.CharField(max_length=120)  # as much of the address as may be read by whoever looks after it
    language = fields.CharField(max_length=2)  # of a robot's texts
    events = ArrayField(element_type="text")
    state = fields.CharField(max_length=7)  # rules.EndpointState
    off_because = fields.CharField(max_length=8, null=True)
    failing_since = fields.DatetimeField(null=True)  # None: the last try arrived, or there was none
    busy_until = fields.DatetimeField(null=True)  # while somebody sends there
    wrapped = fields.BinaryField(null=True)
    master_key = fields.CharField(max_length=32, null=True)
    url_sealed = fields.BinaryField(null=True)
    secret_sealed = fields.BinaryField(null=True)  # None: a robot without one
    previous_sealed = fields.BinaryField(null=True)
    previous_until = fields.DatetimeField(null=True)
    made_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    made_at = fields.DatetimeField()

    class Meta:
        table = "webhook_endpoint"


class WebhookEvent(Model):
    """What an organisation is told of, as it is sent byte by byte. Never changed."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=40)
    body = fields.TextField()
    text_zh = fields.CharField(max_length=500)
    text_en = fields.CharField(max_length=500)
    at = fields.DatetimeField()
    request_id = fields.CharField(max_length=40, null=True)  # of the request that it follows from, where that is known

    class Meta:
        table = "webhook_event"


class WebhookDelivery(Model):
    """One event for one endpoint: waiting, failed and to be tried again, delivered, or given up."""

    id = fields.UUIDField(primary_key=True)
    endpoint: fields.ForeignKeyRelation[WebhookEndpoint] = fields.ForeignKeyField(
        "models.WebhookEndpoint", related_name=False, on_delete=OnDelete.RESTRICT
    )
    event: fields.ForeignKeyRelation[WebhookEvent] = fields.ForeignKeyField(
        "models.WebhookEvent", related_name=False, on_delete=OnDelete.RESTRICT
    )
    state = fields.CharField(max_length=9)  # rules.DeliveryState
    failures = fields.SmallIntField()  # since it was lined up, or lined up again by hand
    next_at = fields.DatetimeField(null=True)
    delivered_at = fields.DatetimeField(null=True)
    made_at = fields.DatetimeField()

    class Meta:
        table = "webhook_delivery"


class WebhookTry(Model):
    """One sending: written before it, ended once. Without a duration, nobody knows what came of it."""

    id = fields.BigIntField(primary_key=True, generated=True)
    delivery: fields.ForeignKeyRelation[WebhookDelivery] = fields.ForeignKeyField(
        "models.WebhookDelivery", related_name=False, on_delete=OnDelete.RESTRICT
    )
    began_at = fields.DatetimeField()
    duration_ms = fields.IntField(null=True)
    status = fields.SmallIntField(null=True)
    fault = fields.CharField(max_length=8, null=True)  # gateways.webhooks.Fault; None: it arrived
    answer = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "webhook_try"
