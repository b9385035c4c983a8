"""Keys of organisations, principals bounded by whoever made them; organisations that sign themselves up."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

from app.foundation.identity.rules import SessionKind

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False, null=null,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _time(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0040_webhooks")]

    operations = [
        ops.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "person",
                    fields.OneToOneField(
                        "models.Person", source_field="person_id", primary_key=True, db_index=True,
                        db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("organisation", _key("Organisation", "organisation_id")),
                ("maker", _key("Person", "maker_id")),
                ("name", fields.CharField(max_length=60)),
                ("roles", ArrayField(element_type="varchar(16)")),
                ("secret_hash", fields.BinaryField()),
                ("made_at", _time()),
                ("expires_at", _time()),
                ("last_used_on", fields.DateField(null=True)),
                ("revoked_at", _time(null=True)),
                ("revoked_by", _key("Person", "revoked_by_id", null=True)),
            ],
            options={
                "table": "api_key",
                "app": "models",
                "pk_attr": "person_id",
                "table_description": "A key with which an organisation's programs ask, by its SHA-256. Ended once: by time, a member, or its maker's end.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "identity_keys.sql").read_text("utf-8")),
        ops.CreateModel(
            name="OrganisationApplication",
            fields=[
                (
                    "organisation",
                    fields.OneToOneField(
                        "models.Organisation",
                        source_field="organisation_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("applicant", _key("Person", "applicant_id")),
                ("purpose", fields.CharField(max_length=300)),
                ("sent_at", _time()),
                ("returned_at", _time(null=True)),
                ("returned_by", _key("Person", "returned_by_id", null=True)),
                ("reason", fields.CharField(max_length=400, null=True)),
            ],
            options={
                "table": "organisation_application",
                "app": "models",
                "pk_attr": "organisation_id",
                "table_description": "An organisation that signed itself up, and what it wants here. Sent back with a reason, sent again, at last verified.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "identity_applications.sql").read_text("utf-8")),
        # A key that is a foreign key too is known by its column only once it is there.
        ops.AlterModelOptions(
            name="ApiKey",
            options={
                "table": "api_key",
                "app": "models",
                "pk_attr": "person_id",
                "table_description": "A key with which an organisation's programs ask, by its SHA-256. Ended once: by time, a member, or its maker's end.",
            },
        ),
        ops.AlterModelOptions(
            name="OrganisationApplication",
            options={
                "table": "organisation_application",
                "app": "models",
                "pk_attr": "organisation_id",
                "table_description": "An organisation that signed itself up, and what it wants here. Sent back with a reason, sent again, at last verified.",
            },
        ),
        ops.AlterField(
            model_name="IdentitySession",
            name="kind",
            field=fields.CharEnumField(
                description="CITIZEN: citizen\nGUEST: guest\nOPERATOR: operator\nPENDING: pending\nKEY: key",
                enum_type=SessionKind, max_length=8,
            ),
        ),
    ]  # fmt: skip
