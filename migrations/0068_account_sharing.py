"""Sharing a personal account: who may ask, what was asked, what persons said, and every read."""

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


def _day() -> fields.DateField:
    return fields.DateField(auto_now=False, auto_now_add=False)


def _id() -> fields.UUIDField:
    return fields.UUIDField(primary_key=True, unique=True, db_index=True)


def _options(table: str, told: str, key: str = "id") -> dict[str, object]:
    return {"table": table, "app": "models", "pk_attr": key, "table_description": told}


class Migration(migrations.Migration):
    dependencies = [("models", "0067_notices_sealed")]

    operations = [
        ops.CreateModel(
            name="ShareReader",
            fields=[
                ("id", _id()),
                ("organisation", _key("Organisation", "organisation_id")),
                ("ground", fields.CharField(max_length=200)),
                ("approval_id", fields.UUIDField()),
                ("enrolled_at", _time()),
                ("ended_at", _time(null=True)),
                ("ended_by", _key("Person", "ended_by_id", null=True)),
            ],
            options=_options(
                "share_reader",
                "An organisation that two of ours let ask persons for their accounts; it ends once, and another is another row.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ShareReaderKey",
            fields=[
                ("key_id", _id()),
                ("reader", _key("ShareReader", "reader_id")),
                ("by", _key("Person", "by_id")),
                ("given_at", _time()),
            ],
            options=_options(
                "share_reader_key", "An API key of a reader that may ask and read; it ends with the key.", "key_id"
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ShareRequest",
            fields=[
                ("id", _id()),
                ("reader", _key("ShareReader", "reader_id")),
                ("key_id", fields.UUIDField()),
                ("intent_key", fields.CharField(max_length=255)),
                ("code", fields.CharField(max_length=8)),
                ("purpose_zh", fields.CharField(max_length=200)),
                ("purpose_en", fields.CharField(max_length=300)),
                ("asks_emitted", fields.BooleanField()),
                ("asks_retired", fields.BooleanField()),
                ("granularity", fields.CharField(max_length=8)),
                ("period_from", _day()),
                ("period_to", _day()),
                ("share_until", _day()),
                ("asked_at", _time()),
            ],
            options=_options(
                "share_request",
                "What a reader asks one person for: which books, how fine, why, until when. Never changed; one code, one person.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ShareAnswer",
            fields=[
                ("request_id", _id()),
                ("person", _key("Person", "person_id")),
                ("pseudonym", fields.UUIDField()),
                ("language", fields.CharField(max_length=2)),
                ("answered_at", _time()),
            ],
            options=_options(
                "share_answer",
                "What one person said to a request: without grants it is a no. Appended, never changed.",
                "request_id",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ShareGrant",
            fields=[
                ("id", _id()),
                ("request_id", fields.UUIDField()),
                ("book", fields.CharField(max_length=8)),
                ("granted_at", _time()),
                ("revoked_at", _time(null=True)),
            ],
            options=_options(
                "share_grant", "A yes to one book of a request, until its day is over or it is revoked, once."
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ShareRead",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("request", _key("ShareRequest", "request_id")),
                ("key_id", fields.UUIDField()),
                ("at", _time()),
                ("outcome", fields.CharField(max_length=8)),
            ],
            options=_options(
                "share_read", "One read of an account by a reader, written with its answer; the person sees it."
            ),
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "sharing.sql").read_text("utf-8")),
    ]
