"""What certificates say alike is written once; each keeps its figures."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0089_taken_messages_leave_no_row")]

    operations = [
        ops.RenameField(model_name="Certificate", old_name="record", new_name="figures"),
        ops.AddField(model_name="Certificate", name="form_id", field=fields.IntField(null=True)),
        ops.RunSQL((SQL / "certificates_forms.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "certificates_keys.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "books_forms.sql").read_text("utf-8")),
    ]
