"""Support of a zone in its own unit, beside the donations; and the closing report that was handed out."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False, null=null,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _time(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


def _id() -> fields.UUIDField:
    return fields.UUIDField(primary_key=True, unique=True, db_index=True)


def _options(table: str, told: str) -> dict[str, object]:
    return {"table": table, "app": "models", "pk_attr": "id", "table_description": told}


class Migration(migrations.Migration):
    dependencies = [("models", "0059_certificates_are_shared")]

    operations = [
        ops.CreateModel(
            name="DonationSupport",
            fields=[
                ("id", _id()),
                ("zone", _key("Zone", "zone_id")),
                ("donor", _key("Party", "donor_id")),
                ("kind", fields.CharField(max_length=20)),
                ("quantity", fields.BigIntField()),
                ("unit", fields.CharField(max_length=12)),
                ("told_zh", fields.CharField(max_length=80)),
                ("told_en", fields.CharField(max_length=120)),
                ("received_on", fields.DateField(auto_now=False, auto_now_add=False)),
                ("document_sha256", fields.BinaryField()),
                ("approval_id", fields.UUIDField()),
                ("recorded_at", _time()),
                ("shown_as", fields.CharField(max_length=10)),
                ("shown_at", _time(null=True)),
                ("shown_by", _key("Person", "shown_by_id", null=True)),
            ],
            options=_options(
                "donation_support",
                "Something given to a zone in a unit of its own (其他支持), as two of its owner's people agreed. Never added to grams.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DonationReport",
            fields=[
                ("id", _id()),
                ("zone", _key("Zone", "zone_id")),
                ("zone_version", fields.IntField()),
                ("sha256", fields.BinaryField()),
                ("size_bytes", fields.IntField()),
                ("by", _key("Person", "by_id")),
                ("kept_at", _time()),
            ],
            options=_options(
                "donation_report",
                "The closing report of a zone (绿色低碳办赛报告) as it was handed out first: its file is never another.",
            ),
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "donations_support.sql").read_text("utf-8")),
    ]
