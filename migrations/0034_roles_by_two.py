"""A role at the platform takes two administrators, but on the first day; what stood before is founded, counted."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _run(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


class Migration(migrations.Migration):
    dependencies = [("models", "0033_sale_lines")]

    operations = [
        _run("approvals_founded"),
        ops.AddField(model_name="Invitation", name="approval_id", field=fields.UUIDField(null=True)),
        ops.AddField(model_name="Membership", name="approval_id", field=fields.UUIDField(null=True)),
        _run("identity_roles"),
        _run("books_roles"),
    ]
