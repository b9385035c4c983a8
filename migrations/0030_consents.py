"""What people agreed to, purpose by purpose, in which words; appended, never changed."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0029_papers_on_first_ask")]

    operations = [
        ops.CreateModel(
            name="ConsentText",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("purpose", fields.CharField(max_length=16)),
                ("version", fields.SmallIntField()),
                ("language", fields.CharField(max_length=2)),
                ("digest", fields.BinaryField()),
            ],
            options={
                "table": "consent_text",
                "app": "models",
                "pk_attr": "id",
                "table_description": "The digest of the words of one version in one language, told by its first use; never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Consent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("person_id", fields.UUIDField()),
                ("purpose", fields.CharField(max_length=16)),
                ("no", fields.IntField()),
                ("version", fields.SmallIntField()),
                ("language", fields.CharField(max_length=2)),
                ("digest", fields.BinaryField()),
                ("state", fields.CharField(max_length=9)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("place", fields.CharField(max_length=8)),
            ],
            options={
                "table": "consent",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One word of one person about one purpose: given, or withdrawn. Appended, never changed; the latest `no` counts.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "consents.sql").read_text("utf-8")),
    ]
