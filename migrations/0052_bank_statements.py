"""The bank's statements: what came in, row by row, held against payments by transfer; what does not fit. And when the bytes of
channels' bills are erased."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

from app.commerce.statements.rules import FindingState, Nature, RowState, StatementState

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


def _text(most: int, *, null: bool = False) -> fields.CharField:
    return fields.CharField(max_length=most, null=null)


def _made(name: str, table: str, about: str, *columns: tuple[str, object]) -> ops.CreateModel:
    options = {"table": table, "app": "models", "pk_attr": "id", "table_description": about}
    return ops.CreateModel(name=name, fields=list(columns), options=options, bases=["Model"])  # type: ignore[arg-type]


class Migration(migrations.Migration):
    dependencies = [("models", "0051_gift_logos")]

    operations = [
        _made(
            "BankStatement", "bank_statement",
            "One file of the bank's: read and shown, then taken in by a person. Taken, it is never changed.",
            ("id", _id()),
            ("account", _text(40)),
            ("digest", fields.BinaryField()),
            ("file_name", _text(120)),
            ("state", fields.CharEnumField(StatementState, max_length=8)),
            ("credits", fields.IntField()),
            ("debits", fields.IntField()),
            ("amount_minor", fields.BigIntField()),
            ("first_day", fields.DateField()),
            ("last_day", fields.DateField()),
            ("notes", fields.JSONField()),
            ("content", fields.JSONField(null=True)),
            ("new", fields.IntField(null=True)),
            ("read_by", _key("Person", "read_by_id")),
            ("read_at", _time()),
            ("taken_by", _key("Person", "taken_by_id", null=True)),
            ("taken_at", _time(null=True)),
        ),
        _made(
            "BankStatementRow", "bank_statement_row",
            "One row of money that came in, as the bank has it. Only what became of it changes.",
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            ("statement", _key("BankStatement", "statement_id")),
            ("account", _text(40)),
            ("number", _text(40)),
            ("is_numbered", fields.BooleanField()),
            ("day", fields.DateField()),
            ("amount_minor", fields.BigIntField()),
            ("payer_name", _text(120)),
            ("payer_end", _text(4)),
            ("remark", _text(400)),
            ("balance_minor", fields.BigIntField(null=True)),
            ("codes", fields.TextField()),
            ("is_marked", fields.BooleanField()),
            ("state", fields.CharEnumField(RowState, max_length=8)),
            ("payment", _key("Payment", "payment_id", null=True)),
            ("approval", _key("Approval", "approval_id", null=True)),
        ),
        _made(
            "StatementFinding", "statement_finding",
            "What does not fit between the bank and us: open, then settled by itself or explained by a person.",
            ("id", _id()),
            ("account", _text(40)),
            ("nature", fields.CharEnumField(Nature, max_length=8)),
            ("number", _text(40)),
            ("state", fields.CharEnumField(FindingState, max_length=10)),
            ("day", fields.DateField()),
            ("theirs_minor", fields.BigIntField(null=True)),
            ("ours_minor", fields.BigIntField(null=True)),
            ("row", _key("BankStatementRow", "row_id", null=True)),
            ("payment", _key("Payment", "payment_id", null=True)),
            ("owner", _key("Person", "owner_id", null=True)),
            ("found_at", _time()),
            ("closed_at", _time(null=True)),
            ("closed_by", _key("Person", "closed_by_id", null=True)),
            ("reason", _text(200, null=True)),
            ("evidence", _text(120, null=True)),
        ),
        ops.RunSQL((SQL / "statements.sql").read_text("utf-8")),
        _made(
            "ChannelBillErasure", "channel_bill_erasure",
            "A file whose bytes were erased when their legal time was over. Never changed.",
            ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
            ("file", _key("ChannelBillFile", "file_id")),
            ("erased_at", _time()),
        ),
        ops.RunSQL((SQL / "bills_erased.sql").read_text("utf-8")),
    ]  # fmt: skip
