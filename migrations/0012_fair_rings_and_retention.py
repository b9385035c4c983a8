"""Rings in a fair order; what is deleted when its time is over, and how much it was."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0011_claims_choose_and_are_judged_twice")]

    operations = [
        ops.CreateModel(
            name="RetentionTally",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=16)),
                ("purged", fields.BigIntField()),
                ("reached", fields.BigIntField()),
                ("last_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "retention_tally",
                "app": "models",
                "pk_attr": "name",
                "table_description": "One kind of information and how much of it was deleted; written by the functions that delete.",
            },
            bases=["Model"],
        ),
        *(ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in ("outbox_back_pressure", "retention")),
    ]
