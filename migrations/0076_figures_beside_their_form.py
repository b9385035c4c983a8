"""What calculations say alike is written once; each keeps its figures."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0075_rows_change_in_place")]

    operations = [
        ops.AlterField(model_name="Footprint", name="calculation", field=fields.JSONField(null=True)),
        ops.AddField(model_name="Footprint", name="form_id", field=fields.IntField(null=True)),
        ops.AddField(model_name="Footprint", name="figures", field=fields.JSONField(null=True)),
        ops.RunSQL((SQL / "footprint_forms.sql").read_text("utf-8")),
    ]
