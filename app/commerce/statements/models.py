"""What our bank says came in, and what of it does not fit."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.commerce.statements.rules import FindingState, Nature, RowState, StatementState
from app.kernel.ids import uuid7


class BankStatement(Model):
    """One file of the bank's: read and shown, then taken in by a person. Taken, it is never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account = fields.CharField(max_length=40)
    digest = fields.BinaryField()  # SHA-256 of the file, which is not kept
    file_name = fields.CharField(max_length=120)
    state = fields.CharEnumField(StatementState, max_length=8)
    credits = fields.IntField()
    debits = fields.IntField()
    amount_minor = fields.BigIntField()  # of all credits
    first_day = fields.DateField()
    last_day = fields.DateField()
    notes = fields.JSONField[list[list[str]]]()
    content = fields.JSONField[list[dict[str, object]]](null=True)  # the credits, until they are rows
    payers_sealed = fields.BinaryField(
        null=True
    )  # who paid each credit, and what they wrote; None: of the release before
    new = fields.IntField(null=True)  # rows that no earlier statement had
    read_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    read_at = fields.DatetimeField()
    taken_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    taken_at = fields.DatetimeField(null=True)

    class Meta:
        table = "bank_statement"


class BankStatementRow(Model):
    """One row of money that came in, as the bank has it. Only what became of it changes."""

    id = fields.BigIntField(primary_key=True, generated=True)
    statement: fields.ForeignKeyRelation[BankStatement] = fields.ForeignKeyField(
        "models.BankStatement", related_name=False, on_delete=OnDelete.RESTRICT
    )
    account = fields.CharField(max_length=40)
    number = fields.CharField(max_length=40)  # with the account, what makes two rows the same
    is_numbered = fields.BooleanField()  # the bank gave it; else it is a digest of the row
    day = fields.DateField()
    amount_minor = fields.BigIntField()
    payer_name = fields.CharField(max_length=120)  # this and the next two are empty once the statement is sealed
    payer_end = fields.CharField(max_length=4)  # of their account's number
    remark = fields.CharField(max_length=400)
    balance_minor = fields.BigIntField(null=True)
    codes = fields.TextField()  # ends of our numbers that its text may hold, with blanks between
    is_marked = fields.BooleanField()  # one of them is written as a remittance code
    state = fields.CharEnumField(RowState, max_length=8)
    payment: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Payment", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    approval: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Approval", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )

    class Meta:
        table = "bank_statement_row"


class StatementFinding(Model):
    """What does not fit between the bank and us: open, then settled by itself or explained by a person."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account = fields.CharField(max_length=40)
    nature = fields.CharEnumField(Nature, max_length=8)
    number = fields.CharField(max_length=40)
    state = fields.CharEnumField(FindingState, max_length=10)
    day = fields.DateField()
    theirs_minor = fields.BigIntField(null=True)
    ours_minor = fields.BigIntField(null=True)
    row: fields.ForeignKeyNullableRelation[BankStatementRow] = fields.ForeignKeyField(
        "models.BankStatementRow", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    payment: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Payment", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    owner: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    found_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    closed_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    reason = fields.CharField(max_length=200, null=True)
    evidence = fields.CharField(max_length=120, null=True)

    class Meta:
        table = "statement_finding"
