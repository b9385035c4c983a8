"""Papers are drawn when somebody asks for them, the newest first."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _sql(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


class Migration(migrations.Migration):
    dependencies = [("models", "0024_power_is_written_by_its_own_ways")]

    operations = [
        ops.CreateModel(
            name="CertificateWanted",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "certificate",
                    fields.ForeignKeyField(
                        "models.Certificate",
                        source_field="certificate_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("language", fields.CharField(max_length=2)),
                ("kind", fields.CharField(max_length=3)),
                ("wanted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "certificate_wanted",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A file that somebody asked for, and when last; a file that nobody asks for is not drawn.",
            },
            bases=["Model"],
        ),
        _sql("certificates_wanted"),
        _sql("outbox_newest"),
        _sql("outbox_recorded"),
    ]
