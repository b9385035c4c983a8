"""Statements of a personal account, a kind of paper."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0068_account_sharing")]

    operations = [
        ops.CreateModel(
            name="AccountStatement",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "models.Person", source_field="person_id", db_constraint=True, to_field="id", related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("intent_key", fields.CharField(max_length=255)),
                ("granularity", fields.CharField(max_length=8)),
                ("period_from", fields.DateField(auto_now=False, auto_now_add=False)),
                ("period_to", fields.DateField(auto_now=False, auto_now_add=False)),
                ("figures", fields.JSONField()),
                ("name_sealed", fields.BinaryField(null=True)),
                ("language", fields.CharField(max_length=2)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account_statement",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Figures of a person's account as they stood when the person asked for a paper of them. Never changed.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "sharing_statements.sql").read_text("utf-8")),
    ]  # fmt: skip
