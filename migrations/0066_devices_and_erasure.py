"""Sessions name their device, an account moves to another one by a code; who is under 14 is not shown; erasing is whole."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _time(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0065_personal_scene")]

    operations = [
        ops.AddField(model_name="IdentitySession", name="device", field=fields.CharField(max_length=24, null=True)),
        ops.AddField(
            model_name="Person", name="is_under_14", field=fields.BooleanField(default=False, db_default=False)
        ),
        ops.CreateModel(
            name="DeviceMove",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "models.Person", source_field="person_id", db_constraint=True, to_field="id",
                        related_name=False, on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=8)),
                ("code_hash", fields.BinaryField()),
                ("code_sealed", fields.BinaryField()),
                ("made_at", _time()),
                ("expires_at", _time()),
                ("taker_hash", fields.BinaryField(null=True)),
                ("taker_device", fields.CharField(max_length=24, null=True)),
                ("number", fields.SmallIntField(null=True)),
                ("taken_at", _time(null=True)),
                ("confirmed_at", _time(null=True)),
                ("ended_at", _time(null=True)),
            ],
            options={
                "table": "device_move",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "One try to bring an account to another device by a code: good for ten minutes, deleted after an hour."
                ),
            },
            bases=["Model"],
        ),
        *(
            ops.RunSQL((SQL / name).read_text("utf-8"))
            for name in ("identity_devices.sql", "consents_of_age.sql", "intents_end.sql")
        ),
    ]  # fmt: skip
