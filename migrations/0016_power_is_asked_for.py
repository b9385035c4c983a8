"""Who acts for whom, asked when it is used; who changed what others pay or may claim."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")
FILES = ("identity_acting", "audit", "credits_prices_signed")


class Migration(migrations.Migration):
    dependencies = [("models", "0015_fonts_are_told")]

    operations = [
        ops.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor_id", fields.UUIDField()),
                ("action", fields.CharField(max_length=40)),
                ("about", fields.CharField(max_length=200)),
                ("before", fields.JSONField(null=True)),
                ("after", fields.JSONField(null=True)),
            ],
            options={
                "table": "audit_entry",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One change of what others pay or may claim, and who made it. Written with the change, never changed.",
            },
            bases=["Model"],
        ),
        *(ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in FILES),
    ]
