"""Zones, what two people agreed each to be, and which scenes are in it. Written by `zones.publish`; PostgreSQL keeps it so."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model


class Zone(Model):
    """A zone (专区): its slug is its identity. Written with its first edition, never changed, never deleted."""

    id = fields.UUIDField(primary_key=True)
    slug = fields.CharField(max_length=40)
    owner: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )  # the organisation that answers for it
    account: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=OnDelete.RESTRICT
    )  # `zone:<slug>`, of the same owner
    created_at = fields.DatetimeField()

    class Meta:
        table = "zone"


class ZoneEdition(Model):
    """One version of a zone's document, as two people agreed to it. The newest counts; none is ever changed."""

    id = fields.UUIDField(primary_key=True)
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    version = fields.IntField()  # 1, 2, … without a gap
    document = fields.JSONField[dict[str, object]]()  # document.ZoneDocument
    document_sha256 = fields.BinaryField()  # of the document as PostgreSQL prints it
    approval_id = fields.UUIDField()
    published_at = fields.DatetimeField()

    class Meta:
        table = "zone_edition"


class ZoneScene(Model):
    """A scene of a zone: of one zone, and for good, since what its visitors retired is counted there."""

    scene_id = fields.UUIDField(primary_key=True)  # of a scenario; the database refers to it
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    added_at = fields.DatetimeField()

    class Meta:
        table = "zone_scene"
