"""Donations to zones: what donors mean to give, what they gave, and the boards that add it up."""

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


def _options(table: str, told: str, key: str = "id") -> dict[str, object]:
    return {"table": table, "app": "models", "pk_attr": key, "table_description": told}


class Migration(migrations.Migration):
    dependencies = [("models", "0055_scenes_of_zones")]

    operations = [
        ops.CreateModel(
            name="DonationIntent",
            fields=[
                ("id", _id()),
                ("zone", _key("Zone", "zone_id")),
                ("donor", _key("Party", "donor_id")),
                ("mass_g", fields.BigIntField(null=True)),
                ("amount_fen", fields.BigIntField(null=True)),
                ("due_on", fields.DateField(auto_now=False, auto_now_add=False)),
                ("shown_as", fields.CharField(max_length=10)),
                ("order", _key("Order", "order_id", null=True)),
                ("by", _key("Person", "by_id")),
                ("made_at", _time()),
                ("ended_at", _time(null=True)),
                ("ended_as", fields.CharField(max_length=10, null=True)),
            ],
            options=_options(
                "donation_intent",
                "What somebody means to give to a zone by a day: grams, or money for them. Never counted as given.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DonationAgreement",
            fields=[
                ("id", _id()),
                ("intent", _key("DonationIntent", "intent_id")),
                ("sha256", fields.BinaryField()),
                ("size_bytes", fields.IntField()),
                ("key_wrapped", fields.BinaryField()),
                ("master_key", fields.CharField(max_length=32)),
                ("by", _key("Person", "by_id")),
                ("kept_at", _time()),
            ],
            options=_options(
                "donation_agreement",
                "The file by which donor and zone agreed (捐赠协议): kept sealed under a key of its own, known by its digest.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Donation",
            fields=[
                ("id", _id()),
                ("zone", _key("Zone", "zone_id")),
                ("donor", _key("Party", "donor_id")),
                ("intent", _key("DonationIntent", "intent_id", null=True)),
                ("transfer", _key("HoldingTransfer", "transfer_id")),
                ("mass_g", fields.BigIntField()),
                ("transferred_at", _time()),
                ("name_sealed", fields.BinaryField(null=True)),
                ("language", fields.CharField(max_length=2)),
                ("shown_as", fields.CharField(max_length=10)),
                ("shown_at", _time()),
                ("shown_by", _key("Person", "shown_by_id")),
                ("by", _key("Person", "by_id")),
            ],
            options=_options(
                "donation",
                "Grams that moved from a donor's account into a zone's (捐赠). Never changed, but for how it is shown.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DonationBoard",
            fields=[
                ("id", _id()),
                ("zone", _key("Zone", "zone_id")),
                ("code", fields.CharField(max_length=40)),
                ("giver_kind", fields.CharField(max_length=12)),
                ("version", fields.IntField()),
                ("what", fields.CharField(max_length=16)),
                ("since", fields.DateField(auto_now=False, auto_now_add=False)),
                ("minimum_g", fields.BigIntField()),
                ("anonymous_zh", fields.CharField(max_length=40)),
                ("anonymous_en", fields.CharField(max_length=60)),
                ("made_at", _time()),
                ("ended_at", _time(null=True)),
            ],
            options=_options(
                "donation_board",
                "One definition of a board of a zone (特别贡献榜), of its edition: what counts, since when, from how much. One is live.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DonationBoardRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("board", _key("DonationBoard", "board_id")),
                ("place", fields.IntField()),
                ("donor", _key("Party", "donor_id")),
                ("shown_as", fields.CharField(max_length=10)),
                ("mass_g", fields.BigIntField()),
                ("donations", fields.IntField()),
                ("reached_at", _time()),
            ],
            options=_options(
                "donation_board_row",
                "One place of a board, as its definition has it: a copy that triggers keep, and the proof compares.",
            ),
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "donations.sql").read_text("utf-8")),
    ]
