"""Bills of channels, day by day: kept as they came, compared with ours, and signed by two people."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

from app.commerce.bills.rules import BillState, DifferenceState, Nature
from app.gateways.channels.base import BillKind
from app.kernel.money import Currency

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


def _no() -> fields.BigIntField:
    return fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)


def _text(most: int, *, null: bool = False) -> fields.CharField:
    return fields.CharField(max_length=most, null=null)


def _made(name: str, table: str, about: str, *columns: tuple[str, object]) -> ops.CreateModel:
    options = {"table": table, "app": "models", "pk_attr": "id", "table_description": about}
    return ops.CreateModel(name=name, fields=list(columns), options=options, bases=["Model"])  # type: ignore[arg-type]


class Migration(migrations.Migration):
    dependencies = [("models", "0044_retirements_settle_in_place")]

    operations = [
        _made(
            "ChannelBill", "channel_bill",
            "What one channel moved on one day of Beijing, as far as it has said: expected, then read, or none.",
            ("id", _id()),
            ("channel", _text(16)),
            ("day", fields.DateField()),
            ("state", fields.CharEnumField(BillState, max_length=8)),
            ("file_no", fields.IntField(null=True)),
            ("due_at", _time(null=True)),
            ("tries", fields.IntField()),
            ("last_word", _text(64, null=True)),
            ("opened_at", _time()),
            ("answered_at", _time(null=True)),
        ),
        _made(
            "ChannelBillFile", "channel_bill_file",
            "One file as it was fetched; its bytes lie in the store under its id. Never changed.",
            ("id", _id()),
            ("bill", _key("ChannelBill", "bill_id")),
            ("no", fields.IntField()),
            ("digest", fields.BinaryField()),
            ("encoding", _text(16)),
            ("size", fields.BigIntField()),
            ("lines", fields.IntField()),
            ("unfit", _text(16, null=True)),
            ("unfit_line", fields.IntField(null=True)),
            ("fetched_at", _time()),
        ),
        _made(
            "ChannelBillLine", "channel_bill_line",
            "One line of a file: money that moved, as the channel counts it. Never changed.",
            ("id", _no()),
            ("file", _key("ChannelBillFile", "file_id")),
            ("no", fields.IntField()),
            ("kind", fields.CharEnumField(BillKind, max_length=8)),
            ("reference", _text(64)),
            ("transaction_id", _text(64)),
            ("refund_reference", _text(64)),
            ("refund_id", _text(64)),
            ("amount_minor", fields.BigIntField()),
            ("currency", fields.CharEnumField(Currency, max_length=3)),
            ("at", _time()),
            ("fee_minor", fields.BigIntField(null=True)),
            ("other", fields.JSONField()),
        ),
        _made(
            "ChannelBillSum", "channel_bill_sum",
            "What a bill, our rows and the ledger add up to in one currency, as they were compared last.",
            ("id", _no()),
            ("bill", _key("ChannelBill", "bill_id")),
            ("currency", fields.CharEnumField(Currency, max_length=3)),
            *(
                (f"{side}_{what}", fields.BigIntField() if what.endswith("minor") else fields.IntField())
                for side in ("bill", "our", "posted")
                for what in ("payments", "payments_minor", "refunds", "refunds_minor")
            ),
            ("fee_minor", fields.BigIntField(null=True)),
        ),
        _made(
            "BillDifference", "bill_difference",
            "What does not fit between a bill and ours, found by comparing: open, then settled by itself or explained by a person.",
            ("id", _id()),
            ("channel", _text(16)),
            ("day", fields.DateField()),
            ("nature", fields.CharEnumField(Nature, max_length=12)),
            ("moved", fields.CharEnumField(BillKind, max_length=8)),
            ("key", _text(64)),
            ("state", fields.CharEnumField(DifferenceState, max_length=10)),
            ("theirs_minor", fields.BigIntField(null=True)),
            ("ours_minor", fields.BigIntField(null=True)),
            ("currency", fields.CharEnumField(Currency, max_length=3)),
            ("at", _time()),
            ("reference", _text(64)),
            ("transaction_id", _text(64)),
            ("refund_reference", _text(64)),
            ("line", _key("ChannelBillLine", "line_id", null=True)),
            ("payment", _key("Payment", "payment_id", null=True)),
            ("refund", _key("PaymentRefund", "refund_id", null=True)),
            ("owner", _key("Person", "owner_id", null=True)),
            ("found_at", _time()),
            ("asks", fields.IntField()),
            ("next_ask_at", _time(null=True)),
            ("asked_at", _time(null=True)),
            ("last_word", _text(64, null=True)),
            ("closed_at", _time(null=True)),
            ("closed_by", _key("Person", "closed_by_id", null=True)),
            ("reason", _text(200, null=True)),
            ("evidence", _text(120, null=True)),
        ),
        _made(
            "BillDay", "bill_day",
            "A day of bills that two people signed, with all that they saw. Never changed.",
            ("id", _id()),
            ("day", fields.DateField()),
            ("content", fields.JSONField()),
            ("signed_at", _time()),
        ),
        ops.RunSQL((SQL / "bills.sql").read_text("utf-8")),
    ]  # fmt: skip
