"""What the books' own looks found. Everything else this room reads belongs to other rooms."""

from tortoise import fields
from tortoise.models import Model


class BooksRun(Model):
    """One look at the books (核对): what was asked, how much of it there was, what did not fit. Written once, never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    kind = fields.CharField(max_length=16)  # rules.RunKind
    scope = fields.CharField(max_length=64)  # `all`, `grams`, `lot:7`, `since:2026-11-22T02:32:07Z`
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField()
    checked = fields.JSONField[list[dict[str, object]]]()  # rules.Counted, one for each check
    differences = fields.JSONField[
        list[dict[str, object]]
    ]()  # rules.Line, one for each that does not hold; empty: balanced

    class Meta:
        table = "books_run"


class BooksLook(Model):
    """What one part of a look found, until the look is concluded. Written and deleted by functions of the books alone."""

    id = fields.BigIntField(primary_key=True, generated=True)
    token = fields.UUIDField()
    part = fields.CharField(max_length=32)  # `prove_grams`, `compare_since`
    lot_id = fields.BigIntField(null=True)  # None: all
    since = fields.DatetimeField(null=True)
    lines = fields.JSONField[list[dict[str, object]]]()
    looked_at = fields.DatetimeField()

    class Meta:
        table = "books_look"
