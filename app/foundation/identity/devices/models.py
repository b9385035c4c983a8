"""How an account comes to another device. Checks and indexes stand in the migrations."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class DeviceMove(Model):
    """One try to bring an account to another device by a code: good for ten minutes, deleted after an hour.

    The same of linking a guest to whoever types the code (`identity.links`), who is known by their session.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    purpose = fields.CharField(max_length=4, default="move", db_default="move")  # move | link
    kind = fields.CharField(max_length=8)  # of the session that shows the code: guest | citizen
    code_hash = fields.BinaryField()  # keyed: eight characters could be tried against a plain one
    code_sealed = fields.BinaryField()  # under the person's key, to be shown again
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    taker_hash = fields.BinaryField(null=True)  # of the cookie of the device that typed the code
    taker: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # who typed the code of a link
    taker_device = fields.CharField(max_length=24, null=True)
    number = fields.SmallIntField(null=True)  # two digits, shown on both
    taken_at = fields.DatetimeField(null=True)
    confirmed_at = fields.DatetimeField(null=True)  # the device that showed the code said yes
    ended_at = fields.DatetimeField(null=True)  # used, refused, or another code was asked for

    class Meta:
        table = "device_move"
