"""Who changed what others pay or may claim."""

from tortoise import fields
from tortoise.models import Model


class AuditEntry(Model):
    """One change of what others pay or may claim, and who made it. Written with the change, never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    at = fields.DatetimeField()
    actor_id = fields.UUIDField(null=True)  # a person, of a room above; None: the platform by itself
    action = fields.CharField(max_length=40)  # `price.set`, `role.granted`, …
    about = fields.CharField(max_length=200)  # what was changed, as people call it
    before: fields.JSONField[dict[str, object] | None] = fields.JSONField(null=True)
    after: fields.JSONField[dict[str, object] | None] = fields.JSONField(null=True)

    class Meta:
        table = "audit_entry"
